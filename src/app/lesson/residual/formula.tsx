/** The update as MathML, each term a switch; looking at a term lights its cells, and the other way round. */
import type { ReactNode } from 'react';
import { TERMS, type Choice, type Term } from '../../../lesson/residual/methods';
import { METHOD_STYLES } from '../../../report/palette';
import { colorOf } from '../../chart/swatch';
import { Maths, mfrac, mi, mn, mo, mrow, msub, msup, paren } from '../maths';
import { Rich } from '../rich';
import { residualWords } from './words';
import styles from './residual.module.css';

const words = residualWords.formula;

const column = (letter: string, index: string) => msub(mi(letter), mi(index));
const entry = (letter: string, j: string) => msub(mi(letter), mrow(mi('c'), mi(j)));
const alpha2 = msub(mi('α'), mn('2'));
const w0 = msub(mi('w'), mn('0'));

const FORMS: Readonly<Record<Term, ReactNode>> = {
  compensation: mrow(mo('−'), mfrac(mrow(mi('w'), mo('−'), mi('q')), entry('U', 'c')), entry('U', 'j')),
  drift: mrow(mo('+'), mi('α'), mi('w'), entry('P', 'j')),
  residual: mrow(mo('+'), alpha2, paren(w0, mo('−'), mi('w')), entry('R', 'j')),
};

/** A term has the colour of the method that brought it. */
export const TERM_COLORS: Readonly<Record<Term, string>> = {
  compensation: colorOf(METHOD_STYLES.gptq),
  drift: colorOf(METHOD_STYLES.gptaq),
  residual: colorOf(METHOD_STYLES.rescomp),
};

interface FormulaProps {
  choice: Choice;
  /** False where a link takes the switches away. */
  switches: boolean;
  lit: string | null;
  onLit: (term: Term | null) => void;
  onTerm: (term: Term) => void;
}

export function Formula({ choice, switches, lit, onLit, onTerm }: FormulaProps) {
  return (
    <div className={styles.formula} role="group" aria-label={words.group}>
      {choice.shift && (
        <p>
          <Maths says={words.shift}>
            {mrow(
              mi('W'),
              mo(':='),
              mi('W'),
              mo('+'),
              mi('α'),
              mi('W'),
              mi('D'),
              msup(mi('H'), mrow(mo('−'), mn('1'))),
            )}
          </Maths>
        </p>
      )}
      <p className={styles.terms}>
        <Maths says={words.left}>{mrow(column('W', 'j'), mo(':='), column('W', 'j'))}</Maths>
        {TERMS.map((term, i) => (
          <button
            key={term}
            type="button"
            className={styles.term}
            aria-pressed={choice.terms[term]}
            aria-label={words.terms[term]}
            disabled={!switches}
            data-lit={lit?.split(' ').includes(term) || undefined}
            style={{ '--term': TERM_COLORS[term] } as object}
            onMouseEnter={() => onLit(term)}
            onMouseLeave={() => onLit(null)}
            onFocus={() => onLit(term)}
            onBlur={() => onLit(null)}
            onClick={() => onTerm(term)}
          >
            <Maths says={words.terms[term]}>{FORMS[term]}</Maths>
            <span className={styles.termName}>
              {words.names[term]} {switches && <kbd aria-hidden="true">{i + 1}</kbd>}
            </span>
          </button>
        ))}
      </p>
    </div>
  );
}

/** ResComp's update with α2 = α. */
export function Collapsed() {
  const share = paren(mn('1'), mo('−'), mi('α'));
  const blended = mrow(share, paren(mi('w'), mo('−'), mi('q')), mo('+'), mi('α'), paren(w0, mo('−'), mi('q')));
  return (
    <Maths says={words.collapsed}>
      {mrow(
        column('W', 'j'),
        mo(':='),
        column('W', 'j'),
        mo('−'),
        mfrac(blended, entry('U', 'c')),
        entry('U', 'j'),
        mo('+'),
        mi('α'),
        w0,
        entry('P', 'j'),
      )}
    </Maths>
  );
}

/** Right below the formula, so that a letter is explained where it stands. */
export function Symbols() {
  return (
    <details className={styles.symbols}>
      <summary>{residualWords.symbols.title}</summary>
      <dl>
        {residualWords.symbols.list.map(([id, name, meaning]) => (
          <div key={id}>
            <dt>
              <Rich text={name} />
            </dt>
            <dd>
              <Rich text={meaning} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
