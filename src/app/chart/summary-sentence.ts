/**
 * The sentence of a run, from its facts. Nothing in it knows which method should win, and it ranks only rows that store the same bits:
 * each size has its own sentences, and a row that is alone at its size is told with its figures.
 */
import type { AloneFacts, GroupFacts, SummaryFacts } from '../../store/summary';
import * as format from '../format';
import { words } from '../words';

const say = words.summary;

export function summarySentence(facts: SummaryFacts): string {
  const groups = facts.groups.map((group) => groupSentences(group, facts.metric)).filter((one) => one !== '');
  const alone = aloneSentence(facts);
  const sentences = alone === '' ? groups : [...groups, alone];
  return sentences.length === 0 ? say.nothing : format.sentences(sentences);
}

function groupSentences(group: GroupFacts, metric: SummaryFacts['metric']): string {
  const sentences = [
    leaderSentence(group, metric),
    gainSentence(group),
    perplexitySentence(group),
    accuracySentence(group),
    trajectorySentence(group),
  ].filter((one) => one !== '');
  return sentences.length === 0
    ? ''
    : say.at(format.bitsRange(group.bits), group.passing) + format.sentences(sentences);
}

function leaderSentence({ leaders, places, worst }: GroupFacts, metric: SummaryFacts['metric']): string {
  if (leaders.length === 0) return '';
  const of = words.metrics[metric].of;
  const wins = format.integer(leaders[0].wins);
  if (leaders.length > 1) return format.sentence(say.tie(format.list(leaders.map((one) => one.label)), wins, of));
  const leads = metric === 'block' ? say.leadsBlocks : say.leads;
  const first = leads(leaders[0].label, wins, format.integer(places), of);
  return format.sentence(worst ? format.clauses([first, say.worst(worst.name, format.error(worst.value))]) : first);
}

function gainSentence({ gain }: GroupFacts): string {
  if (!gain) return '';
  if (gain.share <= 0) return say.notLower(gain.baseline);
  return (gain.clear ? say.lower : say.lowerUnclear)(gain.label, format.share(gain.share), gain.baseline);
}

function perplexitySentence({ perplexity }: GroupFacts): string {
  if (!perplexity) return '';
  const full = perplexity.full === null ? '' : format.perplexity(perplexity.full);
  const first = say.perplexity(perplexity.label, format.perplexity(perplexity.value), full);
  if (perplexity.inseparable.length === 0) return format.sentence(first);
  const others = say.inseparable(namesOf(perplexity.inseparable), format.integer(perplexity.tokens));
  return format.sentence(format.row([first, others]));
}

function accuracySentence({ accuracy }: GroupFacts): string {
  if (!accuracy) return '';
  const { label, value, full, inseparable, tokens } = accuracy;
  const first = words.images.summary.accuracy(
    label,
    format.fineShare(value),
    full === null ? '' : format.fineShare(full),
  );
  if (inseparable.length === 0) return format.sentence(first);
  const others = words.images.summary.inseparable(namesOf(inseparable), format.integer(tokens));
  return format.sentence(format.row([first, others]));
}

/** More names than a sentence holds are counted. */
const MOST_NAMES = 4;

function namesOf(labels: readonly string[]): string {
  return labels.length > MOST_NAMES ? say.others(format.integer(labels.length)) : format.list(labels);
}

function trajectorySentence({ trajectory }: GroupFacts): string {
  return trajectory ? words.images.summary.trajectory(trajectory.label, format.error(trajectory.value)) : '';
}

function aloneSentence({ groups, alone, metric }: SummaryFacts): string {
  if (alone.length === 0) return '';
  const what = say.meanOf(words.metrics[metric].of);
  const rows = format.clauses(alone.map(aloneWords));
  if (groups.length === 0) return say.allAlone(what, rows);
  return (alone.length === 1 ? say.aloneOne : say.alone)(what, rows);
}

function aloneWords({ label, bits, mean, perplexity, accuracy }: AloneFacts): string {
  const figures = [
    mean === null ? '' : format.error(mean),
    perplexity === null ? '' : say.perplexityOf(format.perplexity(perplexity)),
    accuracy === null ? '' : say.accuracyOf(format.fineShare(accuracy)),
  ].filter((one) => one !== '');
  return say.aloneRow(label, format.bits(bits), format.row(figures));
}
