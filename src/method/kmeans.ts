/**
 * k-means vector quantization: sub-vectors of d neighbouring inputs become indices of the K codewords that Lloyd's iterations find
 * (Lloyd 1982; for network weights Stock et al. 2020, arXiv:1907.05686). Needs no data; where there is some, `lookup: hessian` weighs each input by its energy H_jj.
 */
import { kmeans as cluster } from '../codebook/kmeans';
import { blockMaxima, divideByScales, logScales } from '../codebook/scales';
import { subVectors } from '../codebook/tiles';
import { bookShape, type BlockScales } from '../quantizer/codebook';
import { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { faceOf } from './catalogue';
import { finishCodebook, storeCodebooks } from './codebook-finish';
import { kmeansOptions } from './codebook-parameters';
import { joinNotes, paddingNote, wholeSubVectors } from './codebook-notes';
import type { Method } from './layer';

export const kmeans: Method = {
  face: faceOf('kmeans'),
  async quantize({ weight: whole, statistics }, given) {
    const weight = untiled(whole);
    const options = kmeansOptions(given);
    const { dim, codewords } = options;
    const { rows, cols } = weight;
    const shape = bookShape({
      rows,
      cols,
      dim,
      weights: options.codebookGroup,
      columns: options.codebookColumns,
    });
    const scaleBlock = wholeSubVectors(options.scaleBlock, dim);
    const weighted = options.lookup === 'hessian';
    const columns = weighted ? (statistics?.diagonal ?? null) : null;
    const plain = subVectors(weight, dim, shape);
    const scales = scaleBlock === null ? null : await blockScales(weight, scaleBlock);
    const scaled = scales === null ? null : divideByScales(plain, scales.onGpu, scales.block, columns);
    const result = await cluster(scaled?.points ?? plain, {
      codewords,
      iterations: options.emIterations,
      weights: scaled?.weights ?? (columns && { kind: 'weights', weights: columns }),
      init: options.init,
      seed: options.seed,
      empty: 'reseed',
      alsoFrom: dim === 1 ? ['levels'] : [],
    });
    const { codebooks, codes, distances } = result;
    const stored = storeCodebooks(await codebooks.read(), plain.books, options.codebookBits);
    for (const used of [codebooks, distances, scaled?.points.matrix, scaled?.weights.weights, scales?.onGpu]) {
      used?.release();
    }
    const done = await finishCodebook({
      tiles: plain,
      codebooks: stored,
      codebookBits: options.codebookBits,
      codes,
      scales: scales && { values: scales.values, block: scales.block, bits: 4 },
    });
    const unweighted = 'There are no layer inputs here, so lookups were not weighted.';
    const note = joinNotes(paddingNote(cols, options), result.note, weighted && !columns ? unweighted : null);
    return { ...done, damping: null, retries: 0, note };
  },
};

async function blockScales(weight: Tensor, block: number): Promise<BlockScales & { readonly onGpu: Tensor }> {
  const maxima = blockMaxima(subVectors(weight, 1), block);
  const values = logScales(await maxima.read(), maxima.cols);
  const onGpu = Tensor.from(weight.gpu, maxima.rows, maxima.cols, values, 'block scales');
  maxima.release();
  return { values, block, bits: 4, onGpu };
}
