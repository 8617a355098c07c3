/** The sentence of a run, from its facts. Nothing in it knows which method should win. */
import type { SummaryFacts } from '../../store/summary';
import * as format from '../format';
import { words } from '../words';

const say = words.summary;

export function summarySentence(facts: SummaryFacts): string {
  const sentences = [
    leaderSentence(facts),
    gainSentence(facts),
    perplexitySentence(facts),
    accuracySentence(facts),
    trajectorySentence(facts),
  ].filter((one) => one !== '');
  return sentences.length === 0 ? say.nothing : sentences.join(' ');
}

function leaderSentence({ leaders, places, metric, worst }: SummaryFacts): string {
  if (leaders.length === 0) return '';
  const of = words.metrics[metric].of;
  const wins = format.integer(leaders[0].wins);
  if (leaders.length > 1) return `${say.tie(format.list(leaders.map((one) => one.label)), wins, of)}.`;
  const leads = metric === 'block' ? say.leadsBlocks : say.leads;
  const first = leads(leaders[0].label, wins, format.integer(places), of);
  return worst ? `${first}; ${say.worst(worst.name, format.error(worst.value))}.` : `${first}.`;
}

function gainSentence({ gain }: SummaryFacts): string {
  if (!gain) return '';
  return gain.share > 0 ? say.lower(gain.label, format.share(gain.share), gain.baseline) : say.notLower(gain.baseline);
}

function perplexitySentence({ perplexity }: SummaryFacts): string {
  if (!perplexity) return '';
  const full = perplexity.full === null ? '' : format.perplexity(perplexity.full);
  const first = say.perplexity(perplexity.label, format.perplexity(perplexity.value), full);
  if (perplexity.inseparable.length === 0) return `${first}.`;
  return `${first}, ${say.inseparable(format.list(perplexity.inseparable), format.integer(perplexity.tokens))}.`;
}

function accuracySentence({ accuracy }: SummaryFacts): string {
  if (!accuracy) return '';
  const { label, value, full, inseparable, tokens } = accuracy;
  const first = words.images.summary.accuracy(
    label,
    format.fineShare(value),
    full === null ? '' : format.fineShare(full),
  );
  if (inseparable.length === 0) return `${first}.`;
  return `${first}, ${words.images.summary.inseparable(format.list(inseparable), format.integer(tokens))}.`;
}

function trajectorySentence({ trajectory }: SummaryFacts): string {
  return trajectory ? words.images.summary.trajectory(trajectory.label, format.error(trajectory.value)) : '';
}
