/**
 * The forward pass, stage by stage: transformers' own outputs (testing/fixtures) against the float64 twin, and the twin against the
 * GPU. A failure names the first value that is off, in the order of computation.
 */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { linear as applyLinear } from '../gradient/linear';
import { matrix } from '../tensor/reference/matrix';
import { expectClose, relativeDifference } from '../tensor/testing';
import { Tensor } from '../tensor/tensor';
import { detached, loadEmbedder, loadHead, loadLinear, loadStagedBlock, openModel } from './architecture';
import { LanguageModel } from './forward';
import { FIXTURES, loadFixture, type Fixture } from './testing/fixtures';
import { referenceForward, type Trace } from './testing/reference-forward';

/** Differences in the twin's own terms: transformers computes norms, softmax and rotation in f32 even in float64 models. */
const AGAINST_TRANSFORMERS = 3e-6;
const AGAINST_TWIN = 5e-6;

/** Names the first entry of `actual` that differs from `expected` by more than `tolerance`, with all differences so far. */
function firstDivergence(actual: Trace, expected: Trace, tolerance: number): string | null {
  for (const [name, values] of actual) {
    const twin = expected.get(name);
    if (!twin || twin.rows !== values.rows || twin.cols !== values.cols) return `${name} has no twin of its shape`;
    const difference = relativeDifference(values.data, twin.data);
    if (difference > tolerance) return `${name} is off by ${difference.toExponential(1)} of its largest value`;
  }
  return null;
}

describe.each(FIXTURES)('%s', async (name) => {
  const fixture: Fixture = await loadFixture(name);
  const { source, ids, geometry, expected } = fixture;
  const twin = referenceForward(source, ids, geometry);
  const gpu = await testGpu();
  const model = openModel(source);

  it('has a twin that computes what transformers does', () => {
    const last = model.blocks.length - 1;
    const published: Trace = new Map();
    for (const [key, values] of expected) {
      // transformers norms its last hidden state.
      if (key === `block.${last}`) published.set('final norm', values);
      else published.set(key.startsWith('block.') ? `block ${key.slice(6)} residual` : key, values);
    }
    expect(published.size).toBe(model.blocks.length + 2);
    expect(firstDivergence(published, twin, AGAINST_TRANSFORMERS)).toBeNull();
  });

  it('runs on the GPU like its twin, stage by stage, and leaves nothing behind', async () => {
    const before = gpu.buffers.bytesInUse;
    const trace: Trace = new Map();
    const keep = async (key: string, tensor: Tensor) =>
      trace.set(key, matrix(tensor.rows, tensor.cols, await tensor.read()));

    const embedder = await loadEmbedder(gpu, source, model);
    const head = await loadHead(gpu, source, model);
    let hidden = await embedder.embed(ids, geometry);
    await keep('embedding', hidden);
    for (const block of model.blocks) {
      const staged = await loadStagedBlock(gpu, source, block);
      let state = detached(gpu, (tape, own) => staged.begin(tape, own(hidden), null, geometry));
      for (const [stage, { linears }] of block.stages.entries()) {
        const { residual, tap } = state;
        if (!tap) throw new Error('a stage without a tap');
        await keep(`block ${block.index} tap ${stage}`, tap);
        await expectClose(tap, matrix(tap.rows, tap.cols, await tap.read()), 1e-9); // its padding
        const weights = await Promise.all(linears.map((linear) => loadLinear(source, linear)));
        state = detached(gpu, (tape, own) => {
          const inputs = own(tap);
          const outputs = linears.map((linear, i) => {
            const bias = staged.bias(linear);
            const w = own(Tensor.from(gpu, linear.rows, linear.cols, weights[i]));
            return applyLinear(tape, inputs, w, bias && tape.constant(bias));
          });
          return staged.advance(tape, stage, { residual: own(residual), tap: inputs, carry: [] }, outputs, geometry);
        });
      }
      expect(state.tap).toBeNull();
      hidden = state.residual;
      await keep(`block ${block.index} residual`, hidden);
      staged.release();
    }
    const logits = head.logits(hidden);
    await keep('logits', logits);
    for (const part of [logits, hidden, head]) part.release();

    expect(trace.size).toBe(2 + 5 * model.blocks.length);
    expect(firstDivergence(trace, twin, AGAINST_TWIN)).toBeNull();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('gives transformers’ logits as a whole', async () => {
    const language = await LanguageModel.load(gpu, source, model);
    const logits = await language.logits(ids, geometry);
    const published = expected.get('logits');
    if (!published) throw new Error('the fixture has no logits');
    await expectClose(logits, published, AGAINST_TWIN);
    logits.release();
    language.release();
  });
});
