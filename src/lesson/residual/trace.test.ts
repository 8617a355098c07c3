/** What the lesson shows against what the engine does on the same matrix, and the identities that the lesson tells. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { faceOf } from '../../method/catalogue';
import { defaultOptions } from '../../method/parameters';
import { InputStatistics } from '../../method/statistics';
import { methodOf } from '../../method/table';
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import { squareFrom } from '../../tensor/panels';
import { Tensor } from '../../tensor/tensor';
import { cutOf, SEEDS, CUT } from '../cut';
import file from '../data/attention-output.json';
import { readLayerFile } from '../layer-data';
import { collapsedUpdate } from './collapse';
import { BITS, GROUPS } from './fields';
import { LESSON_METHODS, METHOD_IDS, TERMS, type LessonMethod } from './methods';
import { difference, problemOf, strictUpper, type Problem } from './problem';
import { placeOf, stepsOf, traceOf, type Settings } from './trace';

const piece = readLayerFile(file);
const gpu = await testGpu();

function settings(method: LessonMethod, given: Partial<Settings> = {}): Settings {
  return { ...LESSON_METHODS[method], bits: 3, group: null, alpha: 0.25, alpha2: 0.25, ...given };
}

/** The engine's codes, rows × cols. */
async function engineCodes({ weight, hessian, drift }: Problem, method: LessonMethod, chosen: Settings) {
  const { bits, group, alpha, alpha2 } = chosen;
  const square = (m: Matrix) => squareFrom(gpu, m.cols, Float32Array.from(m.data), 'statistics');
  const statistics = InputStatistics.of(square(hessian), square(drift));
  const given = Tensor.from(gpu, weight.rows, weight.cols, Float32Array.from(weight.data));
  const { parameters } = faceOf(method);
  const wanted = { bits, groupSize: group, variant: 'exact', alpha, alpha2 };
  const known = Object.fromEntries(Object.entries(wanted).filter(([name]) => name in parameters));
  const options = { ...defaultOptions(parameters), ...known };
  const { tensor, q } = await methodOf(method).quantize({ weight: given, statistics }, options);
  q.release();
  given.release();
  await statistics.release();
  if (tensor.kind !== 'affine') throw new Error(`${method} gave a ${tensor.kind} tensor`);
  return [...tensor.codes];
}

describe.each(METHOD_IDS)('the steps of %s', (method) => {
  it('have the engine’s codes, at all bits and groups of the lesson', async () => {
    for (const seed of [1, SEEDS]) {
      const problem = problemOf(cutOf(piece, seed));
      for (const bits of BITS) {
        for (const group of GROUPS) {
          const chosen = settings(method, { bits: Number(bits), group: group === 'row' ? null : Number(group) });
          const codes = await engineCodes(problem, method, chosen);
          expect(codes, `seed ${seed}, ${bits} bits, group ${group}`).toEqual([...traceOf(problem, chosen).codes.data]);
        }
      }
    }
  });

  it('have the engine’s codes at other shares', async () => {
    const problem = problemOf(cutOf(piece, 4));
    for (const [alpha, alpha2] of [
      [0, 1],
      [1, 0],
      [0.6, 0.35],
    ]) {
      const chosen = settings(method, { alpha, alpha2 });
      const codes = await engineCodes(problem, method, chosen);
      expect(codes, `α ${alpha}, α2 ${alpha2}`).toEqual([...traceOf(problem, chosen).codes.data]);
    }
  });

  it('lead from W to Q, each the one before and its update', () => {
    const trace = traceOf(problemOf(cutOf(piece, 3)), settings(method));
    let weights = trace.start;
    for (const [c, column] of trace.columns.entries()) {
      column.w.forEach((value, r) => expect(value).toBe(weights.data[r * CUT.cols + c]));
      const terms = TERMS.map((term) => column.terms[term]).filter((one) => one !== null);
      column.update.data.forEach((value, i) => {
        expect(value).toBeCloseTo(
          terms.reduce((sum, { data }) => sum + data[i], 0),
          12,
        );
        if (i % CUT.cols <= c) expect(value).toBe(0);
      });
      weights = column.after;
    }
    expect(weights.data).toEqual(trace.q.data);
    expect(trace.running).toHaveLength(stepsOf(CUT.cols) + 1);
    expect(trace.running.at(-1)).toBe(trace.final.calibration);
  });
});

it('the output error by Gram matrices is that of the outputs', () => {
  const cut = cutOf(piece, 5);
  const problem = problemOf(cut);
  const { q, final } = traceOf(problem, settings('gptaq'));
  const energy = (m: Matrix) => m.data.reduce((sum, value) => sum + value * value, 0);
  for (const [streams, told] of [
    [cut.calibration, final.calibration],
    [cut.heldOut, final.heldOut],
  ] as const) {
    const wanted = matmul('nt', streams.full, cut.weight);
    const got = matmul('nt', streams.own, q);
    expect(told).toBeCloseTo(energy(difference(got, wanted)) / energy(wanted), 10);
  }
});

it('R by its own product is P + I − diag(U)⁻¹ U', () => {
  const { hessian, drift, u, r } = problemOf(cutOf(piece, 7));
  const crossed = matrix(
    u.rows,
    u.cols,
    hessian.data.map((value, i) => value + drift.data[i]),
  );
  const product = matmul('nn', strictUpper(matmul('nt', crossed, u)), u);
  strictUpper(product).data.forEach((value, i) => expect(value).toBeCloseTo(r.data[i], 9));
});

it('ResComp’s three terms are GPTQ’s with a blended error and GPTAQ’s with w0', () => {
  const problem = problemOf(cutOf(piece, 7));
  for (const alpha of [0.25, 0.8]) {
    const trace = traceOf(problem, settings('rescomp', { alpha, alpha2: alpha }));
    for (const [c, { update }] of trace.columns.entries()) {
      const two = collapsedUpdate(problem, trace, c);
      update.data.forEach((value, i) => expect(value).toBeCloseTo(two.data[i], 12));
    }
  }
});

it('each column has three steps after the start', () => {
  expect([0, 1, 2, 3, 4, stepsOf(CUT.cols)].map(placeOf)).toEqual([
    { column: 0, phase: 'start' },
    { column: 0, phase: 'round' },
    { column: 0, phase: 'error' },
    { column: 0, phase: 'spread' },
    { column: 1, phase: 'round' },
    { column: CUT.cols - 1, phase: 'spread' },
  ]);
});

it('a seed always gives the same cut, and tokens to hold out that it does not calibrate with', () => {
  const cut = cutOf(piece, 42);
  expect(cutOf(piece, 42)).toEqual(cut);
  expect(cut.rows).toHaveLength(CUT.rows);
  expect(cut.calibration.own.rows).toBe(CUT.tokens);
  expect(cut.calibration.own.rows + cut.heldOut.own.rows).toBe(piece.own.rows);
});
