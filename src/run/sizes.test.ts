/** What large networks need, forced on tiny ones: heads in tiles of the vocabulary. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { relativeDifference } from '../tensor/testing';
import { parseRecipe } from '../recipe/recipe';
import { telling } from './telling';
import type { LayerResult, RunEvent } from './events';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();

describe.each(['qwen2', 'gpt2'] as const)('a run on a tiny %s whose head is read in tiles', async (name) => {
  const checkpoint = await tinyCheckpoint(name);
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe([{ method: 'gptq', options: { bits: 3 } }]));
  const whole = await runToEnd(prepared, { gpu });

  it('has the figures of one whose head stays on the GPU, wherever its activations rest', async () => {
    const hidden = prepared.subject?.network.hidden ?? 0;
    const before = gpu.buffers.bytesInUse;
    for (const activationBytes of [2 ** 30, 0]) {
      const head = { wholeBytes: 0, tileBytes: 24 * 4 * hidden };
      const tiled = await runToEnd(prepared, { gpu, activationBytes, head });
      const figures = (of: typeof whole) =>
        of.rows.flatMap((row) => [row.perplexity ?? NaN, row.kl ?? NaN, ...(row.perplexityInterval ?? [])]);
      expect(relativeDifference(figures(tiled), figures(whole))).toBeLessThan(1e-5);
      expect(tiled.fullPrecision?.tokens).toBe(whole.fullPrecision?.tokens);
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('a layer that is too large', async () => {
  const checkpoint = await tinyCheckpoint('qwen2');
  const rows = [
    { method: 'gptq', options: { bits: 3 } },
    { method: 'gptvq', options: { codewords: 16, dim: 2 } },
  ];
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe(rows));
  const widest = Math.max(...prepared.linears.map(({ cols }) => cols));
  const plain = await runToEnd(prepared, { gpu });
  const untimed = ({ milliseconds: _, ...layer }: LayerResult) => layer;

  it('has no Hessian: it is rounded and named, and the run goes on', async () => {
    const before = gpu.buffers.bytesInUse;
    const result = await runToEnd(prepared, { gpu, hessianBytes: 4 * widest ** 2 - 1 });
    const { layers } = result;
    expect(layers).toHaveLength(plain.layers.length);
    for (const layer of layers) {
      const wide = prepared.linears[layer.layer].cols === widest;
      expect(layer.errors.hessian === null).toBe(wide);
      expect(layer.errors.output).toBeGreaterThan(0);
      expect(layer.status).toBe(wide && layer.row > 0 ? 'rounded' : 'done');
      if (layer.status === 'rounded')
        expect(layer.note).toContain(`${layer.name}: the Hessian of its ${widest} inputs`);
    }
    expect(result.rows.every((row) => (row.perplexity ?? 0) > 1)).toBe(true);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('is tried where memory might not reach, with the same bits where it does', async () => {
    const tried = await runToEnd(prepared, { gpu, cautiousBytes: 0 });
    expect(tried.layers.map(untimed)).toEqual(plain.layers.map(untimed));
  });

  it('is rounded and named where memory runs out, and the run goes on', async () => {
    const one = await prepareTiny(gpu, checkpoint, tinyRecipe(rows.slice(0, 1)));
    const before = gpu.buffers.bytesInUse;
    const acquire = gpu.buffers.acquire.bind(gpu.buffers);
    // Memory runs out once in a factorization, and once in a column loop.
    const short = ['inverted factor', 'history'];
    gpu.buffers.acquire = (bytes, what) => {
      const at = short.findIndex((label) => what.startsWith(label));
      if (at >= 0) gpu.buffers.budgetBytes = 0;
      if (at >= 0) short.splice(at, 1);
      try {
        return acquire(bytes, what);
      } finally {
        gpu.buffers.budgetBytes = Infinity;
      }
    };
    try {
      const { layers, rows: summaries } = await runToEnd(one, { gpu, cautiousBytes: 0 });
      const rounded = layers.filter(({ status }) => status === 'rounded');
      expect(short).toEqual([]);
      expect(rounded.length).toBeGreaterThan(1);
      expect(rounded.length).toBeLessThan(one.linears.length);
      for (const { name, note } of rounded) expect(note).toContain(`${name}: GPU memory did not reach`);
      expect(summaries.every(({ kl }) => (kl ?? 0) > 0)).toBe(true);
    } finally {
      gpu.buffers.acquire = acquire;
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('a Hessian that no buffer holds', async () => {
  const checkpoint = await tinyCheckpoint('gpt2');
  const scalar = [
    { method: 'gptq', options: { bits: 3, groupSize: 8, actOrder: true, variant: 'exact', blockSize: 24 } },
    { method: 'gptaq', options: { bits: 3, blockSize: 24 } },
    { method: 'rescomp', options: { bits: 2, actOrder: true, blockSize: 24 } },
  ];
  const codebook = { method: 'gptvq', options: { codewords: 16, dim: 2 } };
  const recipe = tinyRecipe([...scalar, codebook]);
  const whole = await runToEnd(await prepareTiny(gpu, checkpoint, recipe), { gpu });
  const untimed = ({ milliseconds: _, ...layer }: LayerResult) => layer;
  const within = async <T>(bytes: number, body: () => Promise<T>): Promise<T> => {
    const before = gpu.buffers.bytesInUse;
    gpu.buffers.panelBytes = bytes;
    try {
      return await body();
    } finally {
      gpu.buffers.panelBytes = Infinity;
      expect(gpu.buffers.bytesInUse).toBe(before);
    }
  };

  it('is in panels: scalar methods have the same figures to the bit, others are rounded and named', async () => {
    const prepared = await within(32 * 96 * 4, () => prepareTiny(gpu, checkpoint, recipe));
    const widest = prepared.linears.reduce((a, b) => (b.cols > a.cols ? b : a));
    expect(widest.cols).toBeGreaterThan(32);
    expect(prepared.plan.notes.join(' ')).toContain(`the Hessian of its ${widest.cols} inputs is held in`);
    expect(prepared.plan.notes.join(' ')).toMatch(/rounded without calibration by GPTVQ/);
    // The same where layers are tried by themselves.
    for (const cautiousBytes of [Infinity, 0]) {
      const cut = await within(32 * 96 * 4, () => runToEnd(prepared, { gpu, cautiousBytes }));
      const last = prepared.rows.length - 1;
      const of = (result: typeof whole) => result.layers.filter(({ row }) => row < last).map(untimed);
      expect(of(cut)).toEqual(of(whole));
      expect(cut.rows.slice(0, last).map(({ perplexity, kl }) => [perplexity, kl])).toEqual(
        whole.rows.slice(0, last).map(({ perplexity, kl }) => [perplexity, kl]),
      );
      const rounded = cut.layers.filter(({ status }) => status === 'rounded');
      expect(rounded.length).toBeGreaterThan(0);
      expect(rounded.every(({ row }) => row === last)).toBe(true);
    }
  });

  it('is given up where a buffer does not hold a block of its columns', async () => {
    const wide = tinyRecipe([{ method: 'gptq', options: { bits: 3, blockSize: 64 } }]);
    await within(32 * 96 * 4, async () => {
      const prepared = await prepareTiny(gpu, checkpoint, wide);
      expect(prepared.plan.notes.join(' ')).toMatch(/64 rows of the Hessian of its 80 inputs take .* by GPTQ/);
      const { layers } = await runToEnd(prepared, { gpu });
      for (const { status, row, layer } of layers) {
        expect(status).toBe(row > 0 && prepared.linears[layer].cols === 80 ? 'rounded' : 'done');
      }
    });
  });

  it('takes the memory that the plan says', async () => {
    for (const row of scalar) {
      const bytes = await within(32 * 96 * 4, async () => {
        const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe([row]));
        const before = gpu.buffers.bytesInUse;
        gpu.buffers.resetPeak();
        await runToEnd(prepared, { gpu });
        return { planned: prepared.plan.gpuBytes, used: gpu.buffers.peakBytes - before };
      });
      console.log(`${row.method}: planned ${(bytes.planned / bytes.used).toFixed(3)} of the peak`);
      expect(bytes.planned / bytes.used).toBeGreaterThan(0.75);
      expect(bytes.planned / bytes.used).toBeLessThan(1.25);
    }
  });
});

describe('work that is announced', () => {
  it('does not go on before its sentence is out', async () => {
    const log: string[] = [];
    const events = telling(
      async (announce) => {
        await announce('first');
        log.push('worked');
        await announce('second');
        return 7;
      },
      (sentence) => sentence,
    );
    for (let step = await events.next(); ; step = await events.next()) {
      if (step.done) {
        expect(step.value).toBe(7);
        break;
      }
      log.push(step.value);
    }
    expect(log).toEqual(['first', 'worked', 'second']);
  });

  it('passes a failure on, and is not held up by who leaves', async () => {
    const failing = telling(
      () => Promise.reject(new Error('no')),
      (sentence) => sentence,
    );
    await expect(failing.next()).rejects.toThrow('no');
    let ended = false;
    const left = telling(
      async (announce) => {
        await announce('a');
        await announce('b');
        ended = true;
      },
      (sentence) => sentence,
    );
    await left.next();
    await left.return(undefined);
    expect(ended).toBe(true);
  });

  it('a factorization that falls back to the CPU is told with its layer before it begins', async () => {
    // Inputs of which one is almost another: without damping f32 cannot tell them apart.
    const checkpoint = await tinyCheckpoint('qwen2', (tensor, values) => {
      if (!tensor.endsWith('input_layernorm.weight')) return;
      values.forEach((_, i) => (values[i] = i < 4 ? 1 : 1e-7));
    });
    const recipe = parseRecipe({
      version: 1,
      rows: [{ method: 'gptq', options: { bits: 3, damping: 0 } }],
      calibration: { source: 'random', file: null, windows: 2, length: 8, seed: 1 },
      heldOut: { file: null, windows: 1 },
    });
    const told: RunEvent[] = [];
    const result = await runToEnd(await prepareTiny(gpu, checkpoint, recipe), { gpu }, (event) => told.push(event));
    const said = told.flatMap((event) =>
      event.type === 'stage' && /on the CPU/.test(event.detail) ? [event.detail] : [],
    );
    expect(said.length).toBeGreaterThan(0);
    expect(said[0]).toMatch(/self_attn|mlp/);
    expect(result.layers.some(({ status }) => status !== 'done')).toBe(true);
  });
});
