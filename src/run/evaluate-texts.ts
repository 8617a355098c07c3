/** Perplexity of a language model as it stands on texts, and its divergence from another one: without a run. */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { Gpu } from '../gpu/gpu';
import { TokenDivergences, type DivergenceSpread } from '../measure/divergence-spread';
import { languageFigures } from '../measure/language';
import { openModel } from '../model/architecture';
import { LanguageModel, nextTokens } from '../model/forward';
import { openTokenizer } from '../model/tokenizer';
import { cutWindows } from '../model/windows';
import { Indices } from '../tensor/indices';
import { argmaxRows, crossEntropy, klDivergence } from '../tensor/loss';
import { assertFinite } from './finite-weights';

/** A window needs two tokens to predict one. */
const LEAST: Readonly<Record<string, number>> = { length: 2, windows: 1 };

export interface EvaluateOptions {
  /** Tokens a window, 2 or more; default 256. */
  readonly length?: number;
  /** At most; default 64. */
  readonly windows?: number;
  /** Whose predictions these are compared with. */
  readonly against?: Checkpoint | null;
}

export interface TextFigures {
  readonly perplexity: number;
  readonly tokens: number;
  /** KL(against ‖ this one), nats a token. */
  readonly kl?: number;
  /** Of it over tokens; there where it is. */
  readonly divergence?: DivergenceSpread;
  /** 95 % of the perplexity. */
  readonly interval: readonly [number, number];
  readonly windows: number;
  readonly length: number;
}

/** Throws QS-RECIPE-01 where two models know other tokens, and what opening a model throws. */
export async function evaluateTexts(
  gpu: Gpu,
  checkpoint: Checkpoint,
  texts: readonly string[],
  { length = 256, windows = 64, against = null }: EvaluateOptions = {},
): Promise<TextFigures> {
  const wrong = Object.entries({ length, windows }).find(([name, n]) => !(Number.isInteger(n) && n >= LEAST[name]));
  if (wrong) {
    const [name, value] = wrong;
    throw new StudioError('QS-RECIPE-01', `The ${name} of an evaluation is ${value}: give at least ${LEAST[name]}.`);
  }
  const own = await load(gpu, checkpoint);
  let other: LanguageModel | null = null;
  try {
    other = against && (await load(gpu, against));
    const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
    const cut = cutWindows(texts, tokenizer, length, windows);
    const [known, theirs] = [own.model.vocabulary, other?.model.vocabulary ?? own.model.vocabulary];
    if (known !== theirs) {
      const sentence = `The two models know ${known} and ${theirs} tokens: KL needs the same vocabulary.`;
      throw new StudioError('QS-RECIPE-01', sentence);
    }
    const sums = await windowSums(gpu, own, other, cut);
    const positions = cut.length - 1;
    const { perplexity, interval, kl, tokens } = languageFigures({ ...sums, positions });
    const spread = () => sums.divergences.spread(sums.kl.map((sum) => sum / positions));
    return {
      perplexity,
      tokens,
      ...(other ? { kl, divergence: spread() } : {}),
      interval,
      windows: cut.windows,
      length: cut.length,
    };
  } finally {
    own.release();
    other?.release();
  }
}

async function load(gpu: Gpu, checkpoint: Checkpoint): Promise<LanguageModel> {
  const model = openModel(checkpoint);
  await assertFinite(checkpoint, model);
  return LanguageModel.load(gpu, checkpoint, model);
}

/** Sums over each window's predicted positions; both models give their logits in the same chunks. */
async function windowSums(
  gpu: Gpu,
  own: LanguageModel,
  against: LanguageModel | null,
  { ids, windows, length }: { ids: Uint32Array<ArrayBuffer>; windows: number; length: number },
) {
  const divergences = new TokenDivergences(windows, length - 1);
  if (!own.head.whole || against?.head.whole === false) {
    const losses = await own.streamedLosses(ids, { windows, length }, against);
    const sums = (of: Float32Array | null) =>
      Array.from({ length: windows }, (_, w) =>
        (of ?? new Float32Array())
          .slice(w * (length - 1), (w + 1) * (length - 1))
          .reduce((sum, value) => sum + value, 0),
      );
    losses.kl?.forEach((value, i) => divergences.add(value, losses.same[i]));
    return { nll: sums(losses.nll), kl: sums(losses.kl), divergences };
  }
  const targets = nextTokens(ids, length);
  const nll = new Array<number>(windows).fill(0);
  const kl = new Array<number>(windows).fill(0);
  const others = against?.logitChunks(ids, { windows, length });
  for await (const { firstToken, logits } of own.logitChunks(ids, { windows, length })) {
    const wanted = Indices.from(gpu, targets.slice(firstToken, firstToken + logits.rows), 'targets');
    const loss = crossEntropy(logits, wanted);
    const other = others && (await others.next()).value;
    const compared = other ? [klDivergence(other.logits, logits), argmaxRows(other.logits), argmaxRows(logits)] : [];
    const losses = await loss.read();
    const [divergence, best, ownBest] = await Promise.all(compared.map((one) => one.read()));
    for (const used of [wanted, loss, ...compared]) used.release();
    for (let i = 0; i < losses.length; i++) {
      const token = firstToken + i;
      if (token % length === length - 1) continue;
      const window = Math.floor(token / length);
      nll[window] += losses[i];
      if (!other) continue;
      kl[window] += divergence[i];
      divergences.add(divergence[i], best[i] === ownBest[i]);
    }
  }
  await others?.return();
  return { nll, kl, divergences };
}
