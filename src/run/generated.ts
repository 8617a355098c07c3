/** Calibration text that the model writes itself: no data of anybody's is needed, and the run says so. */
import type { Gpu } from '../gpu/gpu';
import { withoutHead } from '../model/ends';
import { LanguageModel } from '../model/forward';
import type { Model, WeightSource } from '../model/model';
import { openTokenizer } from '../model/tokenizer';

export interface GeneratedWindows {
  readonly windows: number;
  readonly length: number;
  readonly seed: number;
}

/** windows · length ids, each window sampled from the model at temperature 1 after its BOS (or id 0 without one). */
export async function generateWindows(
  gpu: Gpu,
  checkpoint: WeightSource & { readonly tokenizer: unknown; readonly tokenizerConfig: unknown },
  model: Model,
  { windows, length, seed }: GeneratedWindows,
): Promise<Uint32Array<ArrayBuffer>> {
  if (model.ends.head === null) throw withoutHead();
  const start = checkpoint.tokenizer
    ? (openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig).beginning ?? 0)
    : 0;
  const language = await LanguageModel.load(gpu, checkpoint, model);
  try {
    return await language.sampleWindows(windows, length, seed, start);
  } finally {
    language.release();
  }
}
