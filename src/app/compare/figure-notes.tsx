/** What the figures of the table are of, and how far they can be trusted: sentences by task. */
import type { FullPrecision, RowSummary } from '../../run/events';
import { taskOf } from '../../report/compare';
import type { RunFigures } from '../../store/run-view';
import { coverageWords } from '../coverage-words';
import * as format from '../format';
import { words } from '../words';
import { compareWords } from './table-words';

const say = words.images.compare;

/** Below so many tokens a perplexity is a hint, not a measurement. */
const INDICATIVE = 20_000;
/** A class of images has some tens of features. */
const FEW_IMAGES = 256;

export function FigureNotes({ figures }: { figures: RunFigures }) {
  const { fullPrecision, layers, plan, rows } = figures;
  const weightOnly = layers.length > 0 && layers.every((layer) => layer.errors.heldOutOutput === null);
  return (
    <>
      {!weightOnly && notes(figures, fullPrecision, rows).map((note) => <p key={note}>{note}</p>)}
      {plan?.coverage && <p>{coverageWords.bitsOf(plan.coverage)}</p>}
      {plan?.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
    </>
  );
}

function notes(figures: RunFigures, full: FullPrecision | null, rows: readonly RowSummary[]): string[] {
  const task = taskOf(figures);
  if (!full) return [task === 'text' ? compareWords.notEvaluated : say.notEvaluated];
  switch (task) {
    case 'classification':
      return classifierNotes(full);
    case 'diffusion':
      return diffusionNotes(full, rows);
    case 'text':
      return textNotes(full);
  }
}

function textNotes({ perplexity, tokens }: FullPrecision): string[] {
  // A network without a head has none, which the plan's notes say.
  if (perplexity === null) return [];
  const count = format.integer(tokens);
  const indicative = tokens < INDICATIVE ? `${compareWords.indicative(count)} ` : '';
  return [`${compareWords.fullLine(format.perplexity(perplexity), count)} ${indicative}${compareWords.oneSeed}`];
}

function classifierNotes({ images }: FullPrecision): string[] {
  if (!images?.accuracy) return [];
  const { share, interval, images: count } = images.accuracy;
  const [low, high] = interval.map(format.fineShare);
  const line = say.accuracyLine(format.fineShare(share), low, high, format.integer(count));
  return [`${line} ${say.klLine} ${compareWords.oneSeed}`];
}

function diffusionNotes({ tokens }: FullPrecision, rows: readonly RowSummary[]): string[] {
  const frechet = rows.find((row) => row.images?.frechet)?.images?.frechet;
  const about = frechet
    ? `${say.frechetLine(format.integer(frechet.images), frechet.network)}${frechet.images < FEW_IMAGES ? ` ${say.fewImages}` : ''}`
    : say.noFrechet;
  return [`${say.diffusionLine(format.integer(tokens))} ${say.oneSeed}`, about];
}
