/** The field of one option, made from its entry in the method's parameter table: no method is known here by name. */
import type { OptionValue, Parameter } from '../../method/parameters';
import { said } from '../language/faces';
import { CheckField, NumberField, SelectField, TextField } from '../parts/field';

interface OptionFieldProps {
  parameter: Parameter;
  value: OptionValue;
  error: string | null;
  onChange: (value: OptionValue) => void;
}

export function OptionField({ parameter, value, error, onChange }: OptionFieldProps) {
  const [label, help] = [said(parameter.label), said(parameter.help)];
  if (parameter.kind === 'integer' && parameter.steps === 'doubling') {
    return (
      <SelectField
        label={label}
        help={help}
        error={error}
        value={String(value)}
        choices={powersOfTwo(parameter.min, parameter.max, Number(value))}
        onChange={(text) => onChange(Number(text))}
      />
    );
  }
  switch (parameter.kind) {
    case 'integer':
    case 'number':
    case 'optional-integer':
      return (
        <NumberField
          label={label}
          help={help}
          error={error}
          value={typeof value === 'number' ? value : null}
          min={parameter.min}
          max={parameter.max}
          whole={parameter.kind !== 'number'}
          emptyMeans={parameter.kind === 'optional-integer' ? said(parameter.nullLabel) : undefined}
          onChange={onChange}
        />
      );
    case 'integers':
      return <TextField label={label} help={help} error={error} value={String(value)} onChange={onChange} />;
    case 'choice':
      return (
        <SelectField
          label={label}
          help={help}
          error={error}
          value={String(value)}
          choices={parameter.choices.map((choice) => ({ value: choice, text: choice }))}
          onChange={onChange}
        />
      );
    case 'boolean':
      return <CheckField label={label} help={help} value={value === true} onChange={onChange} />;
  }
}

/** The powers of two in range, and the value at hand where it is none: a link may bring any number. */
function powersOfTwo(min: number, max: number, value: number): { value: string; text: string }[] {
  const numbers = Array.from({ length: 31 }, (_, i) => 2 ** i).filter((power) => power >= min && power <= max);
  return [...new Set([...numbers, value])]
    .sort((a, b) => a - b)
    .map((number) => ({ value: String(number), text: String(number) }));
}
