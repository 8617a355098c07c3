/** Another checkpoint against the one that is shown: what headers tell at once, what values tell when they are asked to. */
import { useMemo, useState } from 'react';
import type { HeaderDifference, Inspected, ValueDifference } from '../../worker/protocol';
import type { ShownComparison } from '../../store/inspect';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { CheckField, SelectField } from '../parts/field';
import panel from '../parts/panel.module.css';
import { Looking } from './look';
import { say } from './words';
import styles from './inspect.module.css';

interface Candidate {
  readonly key: string;
  readonly name: string;
}

interface ComparisonProps {
  listing: Inspected;
  candidates: readonly Candidate[];
  comparison: ShownComparison | null;
  onCompare: (other: Candidate) => void;
  onValues: () => void;
  onStop: () => void;
  onClose: () => void;
}

/** Lines of the table at most. */
const MOST_LINES = 400;

export function Comparison(props: ComparisonProps) {
  const { candidates, comparison, onCompare, onClose } = props;
  const [wanted, setWanted] = useState('');
  const other = candidates.find(({ key }) => key === wanted) ?? candidates.at(0);
  return (
    <section className={panel.section} aria-labelledby="inspect-against">
      <h2 id="inspect-against">{say.against}</h2>
      <p className={panel.muted}>{say.againstText}</p>
      <div className={styles.tools}>
        <SelectField
          label={say.againstChoose}
          value={other?.key ?? ''}
          disabled={!other}
          choices={
            other
              ? candidates.map(({ key, name }) => ({ value: key, text: name }))
              : [{ value: '', text: say.chooseNone }]
          }
          onChange={setWanted}
        />
        <Button disabled={!other} onClick={() => other && onCompare(other)}>
          {say.compare}
        </Button>
        {comparison && (
          <Button look="quiet" onClick={onClose}>
            {say.close}
          </Button>
        )}
      </div>
      {comparison && <Differences {...props} comparison={comparison} />}
    </section>
  );
}

function Differences({ listing, comparison, onValues, onStop }: ComparisonProps & { comparison: ShownComparison }) {
  const { other, headers, values, state } = comparison;
  const [only, setOnly] = useState(true);
  const bytesOf = useMemo(() => new Map(listing.tensors.map(({ name, bytes }) => [name, bytes])), [listing]);
  const bytes = headers.reduce((sum, { is, tensor }) => sum + (is === 'values' ? (bytesOf.get(tensor) ?? 0) : 0), 0);
  const lines = useMemo(
    () =>
      headers.map((header) => ({ header, value: values.get(header.tensor) })).filter((line) => !only || differs(line)),
    [headers, values, only],
  );
  return (
    <>
      {comparison.failure && <FailureAlert failure={comparison.failure} compact />}
      <p role="status">
        {headers.length > 0 && headerSummary(headers)} {values.size > 0 && valueSummary([...values.values()])}{' '}
        {state === 'left' && say.left_}
      </p>
      {state === 'busy' && headers.length > 0 ? (
        <Looking progress={comparison.progress} label={say.compareValues} onStop={onStop} />
      ) : (
        headers.length > 0 &&
        state !== 'ready' && (
          <div className={styles.tools}>
            <Button onClick={onValues}>{say.compareValues}</Button>
            <span className={styles.small}>{say.compareValuesText(format.bytes(bytes))}</span>
          </div>
        )
      )}
      {headers.length > 0 && (
        <>
          <div className={styles.tools}>
            <CheckField label={say.hideEqual} value={only} onChange={setOnly} />
            <span className={styles.small}>{say.relativeHelp}</span>
          </div>
          {lines.length === 0 ? (
            <p className={panel.muted}>{say.nothingDiffers}</p>
          ) : (
            <Table lines={lines} names={[listing.name, other.name]} />
          )}
        </>
      )}
    </>
  );
}

interface Line {
  readonly header: HeaderDifference;
  readonly value: ValueDifference | undefined;
}

/** What is not read yet is no difference. */
function differs({ header, value }: Line): boolean {
  return header.is !== 'values' || header.a?.dtype !== header.b?.dtype || value?.is === 'different';
}

function Table({ lines, names: [a, b] }: { lines: readonly Line[]; names: readonly [string, string] }) {
  const { differenceColumns: columns } = say;
  const name = say.differencesTable(a, b);
  return (
    <>
      <div
        className={`${panel.tableFrame} ${styles.differences}`}
        tabIndex={0}
        role="region"
        aria-label={say.differences}
      >
        <table className={panel.table}>
          <caption className="visually-hidden">{name}</caption>
          <thead>
            <tr>
              <th scope="col">{columns.tensor}</th>
              <th scope="col">{columns.is}</th>
              <th scope="col" className={panel.number}>
                {columns.relative}
              </th>
              <th scope="col" className={panel.number}>
                {columns.largest}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, MOST_LINES).map((line) => (
              <tr key={line.header.tensor}>
                <th scope="row" className={styles.name}>
                  {line.header.tensor}
                </th>
                <td>{whatDiffers(line, b)}</td>
                <td className={panel.number}>{line.value ? format.error(line.value.relative) : format.NOTHING}</td>
                <td className={panel.number}>{line.value ? format.error(line.value.largest) : format.NOTHING}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {lines.length > MOST_LINES && <p className={styles.small}>{say.more(lines.length - MOST_LINES)}</p>}
    </>
  );
}

function whatDiffers({ header: { is, a, b }, value }: Line, other: string): string {
  if (is === 'only in a' || a === null || b === null) return is === 'only in a' ? say.onlyHere : say.onlyThere(other);
  if (is === 'shape') return say.differentShape(say.shape(a.shape), say.shape(b.shape));
  const type = a.dtype === b.dtype ? [] : [say.differentType(a.dtype, b.dtype)];
  if (is === 'unreadable') return format.clauses([...type, say.cannotCompare]);
  return format.clauses([...type, valueWords(value)]);
}

function valueWords(value: ValueDifference | undefined): string {
  if (!value) return say.unread;
  if (value.is === 'same bytes') return say.sameBytes;
  if (value.is === 'same values') return say.sameValues;
  const words = say.differentValues(say.values(value.values));
  return value.brokenInOne > 0 ? format.clauses([words, say.brokenInOne(value.brokenInOne)]) : words;
}

function headerSummary(headers: readonly HeaderDifference[]): string {
  const count = (fits: (header: HeaderDifference) => boolean) => headers.filter(fits).length;
  return say.headerSummary(
    count(({ is }) => is === 'values' || is === 'unreadable'),
    count(({ is }) => is === 'only in a'),
    count(({ is }) => is === 'only in b'),
    count(({ is }) => is === 'shape'),
    count(({ a, b }) => a !== null && b !== null && a.dtype !== b.dtype),
  );
}

function valueSummary(values: readonly ValueDifference[]): string {
  const different = values.filter(({ is }) => is === 'different');
  const worst = different.reduce<ValueDifference | null>(
    (most, one) => (most === null || (one.relative ?? 0) > (most.relative ?? 0) ? one : most),
    null,
  );
  return say.valueSummary(
    values.length - different.length,
    different.length,
    worst && `${worst.tensor} (${format.error(worst.relative)})`,
  );
}
