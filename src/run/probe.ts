/**
 * What allocation asks of a network (step.ts, Probe), measured: candidates are rounded to the row's grid, those of one layer at a time in
 * memory.
 */
import { probeLayer, weighedByInputs, type EachInput, type LayerProbe, type Share } from '../measure/layer-errors';
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { methodOf } from '../method/table';
import type { Linear } from '../model/architecture';
import { linearsIn } from '../model/linears';
import { candidatesOf, pins, type Allotted } from '../recipe/allotted';
import { ruleFor } from '../recipe/layer-rules';
import { weightsStep } from '../recipe/row';
import { methodFor, type RunRow } from '../recipe/rows';
import type { Allots } from '../step/face';
import type { ErrorSums, Probe, RoundedSums } from '../step/step';
import { accumulateGram, mirror } from '../tensor/gram';
import { emptySquare, type Square } from '../tensor/panels';
import { Scalars } from '../tensor/reduce';
import type { Weight } from '../tensor/weight';
import { backThrough } from './back-through';
import type { ActivationRun, RunHost } from './prepared-run';
import { soundWeight, walkView, type WalkedStage } from './reference-walk';
import { swapped, type Choices } from './swapped';
import type { RunView } from './views';

export interface ProbedRow {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly row: RunRow;
  readonly allots: Allots;
  /** The row's, with all that is fitted of it. */
  readonly view: RunView;
  /** Whose losses are not known. */
  readonly layers: readonly Linear[];
}

export function probeOf(probed: ProbedRow): Probe {
  const { run, host, view } = probed;
  const wanted = new Set(probed.layers.map(({ name }) => name));
  // As the view has them.
  const layers = linearsIn(view.current.network).filter(({ name }) => wanted.has(name));
  return {
    layers,
    async *weights() {
      for (const linear of layers) {
        host.control.check();
        const weight = await soundWeight(host, view, linear);
        try {
          yield { linear, sums: await sumsOf(probed, linear, weight, null) };
        } finally {
          weight.release();
        }
      }
    },
    async *inputs() {
      for await (const event of walkView(run, host, view)) {
        if (event.type !== 'walked') continue;
        const own = event.at.weights.filter(({ linear }) => wanted.has(linear.name));
        if (own.length === 0) continue;
        const second = secondMoment(run, host, event.at);
        try {
          for (const { linear, weight } of own) {
            host.control.check();
            yield { linear, sums: await sumsOf(probed, linear, weight, second) };
          }
        } finally {
          if (typeof second !== 'function') second.release();
        }
      }
    },
    gradients: (windows) => backThrough({ ...probed, layers }, windows, rounded),
    swapped: (windows, around) => swapped({ run, host, view, layers }, windows, choicesOf(probed, around === 'least')),
  };
}

/** XᵀX, or the inputs themselves where they take less work. */
function secondMoment(run: ActivationRun, { gpu }: RunHost, { weights, each }: WalkedStage): Square | EachInput {
  const { cols } = weights[0].linear;
  if (weighedByInputs(tokensOf(run), cols)) return each;
  const gram = emptySquare(gpu, cols, 'Gram');
  let beta = 0;
  each((x) => {
    accumulateGram(gram, x, 1, beta);
    beta = 1;
  });
  mirror(gram);
  return gram;
}

function tokensOf({ subject: { calibration } }: ActivationRun): number {
  return calibration.windows * calibration.length;
}

/** Sums of all candidates of one layer, in one readback. */
async function sumsOf(
  { run, host, row, allots }: ProbedRow,
  linear: Linear,
  weight: Weight,
  second: Square | EachInput | null,
): Promise<RoundedSums[]> {
  const scalars = new Scalars(host.gpu);
  try {
    const probes: LayerProbe[] = [];
    for (const candidate of candidatesOf(allots)) {
      const q = await rounded(row, linear, weight, candidate);
      probes.push(probeLayer(scalars, weight, q ?? weight, second));
      q?.release();
    }
    const sums = await scalars.read();
    const total = (places: readonly number[], over: number) =>
      places.reduce((all, place) => all + sums[place], 0) / over;
    const of = ({ errors, sizes }: Share, over = 1): ErrorSums => ({
      error: total(errors, over),
      size: total(sizes, over),
    });
    return probes.map(({ weight: own, hessian }) => ({
      weight: of(own),
      output: hessian ? of(hessian, tokensOf(run)) : { error: NaN, size: NaN },
    }));
  } finally {
    scalars.release();
  }
}

/** All candidates of a layer; around the least ones, all others at their first. */
function choicesOf({ row, allots }: ProbedRow, aroundLeast: boolean): Choices {
  const candidates = candidatesOf(allots);
  const rules = weightsStep(row)?.layers;
  return {
    async of(linear, weight) {
      const made: (Weight | null)[] = [];
      try {
        for (const candidate of candidates) made.push(await rounded(row, linear, weight, candidate));
        return made;
      } catch (error) {
        for (const one of made) one?.release();
        throw error;
      }
    },
    ...(aroundLeast
      ? {
          other: (linear, weight) =>
            pins(ruleFor(rules, linear.name)) ? Promise.resolve(null) : rounded(row, linear, weight, candidates[0]),
        }
      : {}),
  };
}

/** As plain rounding leaves it; null where a candidate is the weight as it is. The caller's. */
async function rounded(row: RunRow, linear: Linear, weight: Weight, candidate: Allotted): Promise<Weight | null> {
  if (candidate === 'keep') return null;
  const { method, options } = methodFor({ ...row, allocated: new Map([[linear.name, candidate]]) }, linear.name);
  const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
  return (await methodOf('rtn').quantize({ weight, statistics: null }, grid)).q;
}
