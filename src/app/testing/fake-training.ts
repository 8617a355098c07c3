/** Made-up trainings and codebooks of the right shape, for tests and for looking at the screens. Never part of the product. */
import { Random } from '../../base/random';
import type { TrainingProgress } from '../../method/training';
import type { CodebookTensor } from '../../quantizer/codebook';
import { viewCodebook, type CodebookView } from '../../run/codebook-view';
import type { Plan } from '../../run/events';

export const FAKE_STEPS = 120;
const EVERY = 4;

/** All that a row tells of a block's training; the same arguments give the same figures. */
export function fakeTraining(row: number, block: number, layer = 'a layer', steps = FAKE_STEPS): TrainingProgress[] {
  const random = new Random(7 + row * 101 + block * 13);
  const codewords = random.normals(128, 0.1);
  const drift = random.normals(128, 0.06);
  const level = 0.02 * 1.6 ** block * (row % 2 === 0 ? 1 : 0.8);
  return Array.from({ length: Math.floor(steps / EVERY) + 1 }, (_, i) => {
    const step = i * EVERY;
    const share = step / steps;
    const settled = Math.max(0, 1.15 * share ** 2 - 0.05);
    const ratios = Array.from({ length: 10 }, (_bin, bin) => {
      const sure = bin === 9 ? Math.min(1, settled) : 0;
      const unsure = bin < 5 ? 0 : Math.exp(-((bin - 5 - 3 * share) ** 2)) / 1.8;
      return Math.round(6000 * (sure + (1 - Math.min(1, settled)) * unsure));
    });
    return {
      step,
      steps,
      loss: level * (0.25 + Math.exp(-4 * share)) * (1 + 0.12 * random.normal() * (1 - share)),
      lossName: 'block output',
      settled: Math.min(1, settled),
      settledName: 'frozen',
      usageEntropy: 0.93 - 0.04 * share,
      ratios,
      note:
        step === 60 && block === 1
          ? 'By step 60 3 values became NaN or infinite: back to step 56 with half the learning rates.'
          : null,
      snapshot: { layer, codewords: Float32Array.from(codewords, (value, at) => value + share * drift[at]) },
    };
  });
}

/** The codebook of a layer: random weights, each sub-vector's nearest of random codewords. */
export function fakeCodebook(plan: Plan, row: number, layer: number, book: number): CodebookView {
  const { name, rows, cols } = plan.layers[layer];
  const random = new Random(1 + layer);
  const [dim, codewords] = [4, 64];
  const signed = row % 2 === 1;
  const weight = random.normals(rows * cols, 0.05);
  const codebooks = random.normals(codewords * dim, signed ? 0.03 : 0.05);
  if (signed) codebooks.forEach((value, i) => (codebooks[i] = Math.abs(value)));
  const subs = Math.ceil(cols / dim);
  const signs = signed ? new Uint8Array(Math.ceil((rows * cols) / 8)) : null;
  weight.forEach((value, i) => {
    if (signs && value < 0) signs[i >> 3] |= 1 << (i & 7);
  });
  const assignments = Uint16Array.from({ length: rows * subs }, (_, i) => {
    const at = Math.floor(i / subs) * cols + (i % subs) * dim;
    let [best, least] = [0, Infinity];
    for (let k = 0; k < codewords; k++) {
      let away = 0;
      for (let j = 0; j < dim; j++) {
        const value = signed ? Math.abs(weight[at + j]) : weight[at + j];
        away += (value - codebooks[k * dim + j]) ** 2;
      }
      if (away < least) [best, least] = [k, away];
    }
    return best;
  });
  const tensor: CodebookTensor = {
    ...{ kind: 'codebook', rows, cols, dim, codewords, bookRows: rows, bookCols: cols },
    codebooks: Float32Array.from(codebooks),
    codebookBits: 16,
    assignments,
    scales: null,
    signs,
    sharedBy: null,
  };
  return viewCodebook(tensor, weight, { row, layer, name, book });
}
