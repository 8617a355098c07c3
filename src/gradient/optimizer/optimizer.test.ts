import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from '../../tensor/testing';
import { Parameter } from '../tape';
import { ODD_SHAPES } from '../testing';
import { adamW } from './adamw';
import { keepBest, NO_LOSS } from './keep-best';
import { Optimizer, type Trained, type UpdateRule } from './optimizer';
import { rmsProp } from './rmsprop';
import { cosineRate, linearRate } from './schedule';
import { sgd } from './sgd';
import { signSgd } from './sign-sgd';

/** One entry's steps in float64, as torch's documentation writes them. */
interface Twin {
  rule: UpdateRule;
  rate: number;
  steps: (value: number, grads: readonly number[]) => number;
}

const TWINS: Record<string, Twin> = {
  'SGD with momentum': {
    rule: sgd({ momentum: 0.9, decay: 0.01 }),
    rate: 0.1,
    steps: (value, grads) => {
      let velocity = 0;
      for (const g of grads) {
        velocity = 0.9 * velocity + g + 0.01 * value;
        value -= 0.1 * velocity;
      }
      return value;
    },
  },
  'plain SGD': {
    rule: sgd(),
    rate: 0.1,
    steps: (value, grads) => grads.reduce((value, g) => value - 0.1 * g, value),
  },
  'sign descent within bounds': {
    rule: signSgd({ low: -0.3, high: 0.25 }),
    rate: 0.1,
    steps: (value, grads) =>
      grads.reduce((value, g) => Math.min(0.25, Math.max(-0.3, value - 0.1 * Math.sign(g))), value),
  },
  RMSprop: {
    rule: rmsProp({ alpha: 0.9, eps: 1e-4, decay: 0.01 }),
    rate: 0.02,
    steps: (value, grads) => {
      let square = 0;
      for (const g of grads) {
        const d = g + 0.01 * value;
        square = 0.9 * square + 0.1 * d * d;
        value -= (0.02 * d) / (Math.sqrt(square) + 1e-4);
      }
      return value;
    },
  },
  AdamW: {
    rule: adamW({ betas: [0.8, 0.99], eps: 1e-4, decay: 0.1 }),
    rate: 0.02,
    steps: (value, grads) => {
      let [mean, square] = [0, 0];
      grads.forEach((g, i) => {
        value *= 1 - 0.02 * 0.1;
        mean = 0.8 * mean + 0.2 * g;
        square = 0.99 * square + 0.01 * g * g;
        const corrected = Math.sqrt(square / (1 - 0.99 ** (i + 1)));
        value -= (0.02 * (mean / (1 - 0.8 ** (i + 1)))) / (corrected + 1e-4);
      });
      return value;
    },
  },
};

describe('optimizers', async () => {
  const gpu = await testGpu();

  const parameterOf = (m: Matrix) => new Parameter(upload(gpu, m));

  /** One step for each gradient. */
  function take(optimizer: Optimizer, rate: number, grads: readonly Matrix[]): void {
    for (const grad of grads) {
      for (const parameter of optimizer.parameters) parameter.grad = upload(gpu, grad);
      optimizer.step(rate);
      optimizer.clearGradients();
    }
  }

  describe.each(Object.entries(TWINS))('%s', (_, { rule, rate, steps }) => {
    it.each(ODD_SHAPES)('steps %i × %i like its float64 twin, frozen entries not at all', async (rows, cols) => {
      const start = randomMatrix(rows, cols, 1);
      const grads = [2, 3, 4, 5].map((seed) => randomMatrix(rows, cols, seed));
      const mask = matrix(
        rows,
        cols,
        start.data.map((_, i) => (i % 3 === 1 ? 0 : 1)),
      );
      const stepped = start.data.map((value, i) =>
        steps(
          value,
          grads.map(({ data }) => data[i]),
        ),
      );
      const all = parameterOf(start);
      const some = parameterOf(start);
      const optimizer = new Optimizer(gpu, rule, [all, { parameter: some, mask: upload(gpu, mask) }]);
      take(optimizer, rate, grads);
      await expectClose(all.value, matrix(rows, cols, stepped), 2e-6);
      const expected = stepped.map((value, i) => (mask.data[i] ? value : start.data[i]));
      await expectClose(some.value, matrix(rows, cols, expected), 2e-6);
      const kept = await some.value.read();
      mask.data.forEach((free, i) => free || expect(kept[i]).toBe(start.data[i]));
      for (const slot of (await optimizer.state()).slots[1]) {
        mask.data.forEach((free, i) => free || expect(slot[i]).toBe(0));
      }
      optimizer.release();
    });

    it('resumes to the same bits', async () => {
      const grads = [2, 3, 4, 5].map((seed) => randomMatrix(5, 7, seed));
      const whole = new Optimizer(gpu, rule, [parameterOf(randomMatrix(5, 7, 1))]);
      take(whole, rate, grads.slice(0, 2));
      const values = await whole.parameters[0].value.read();
      const state = structuredClone(await whole.state());
      take(whole, rate, grads.slice(2));
      const resumed = new Optimizer(gpu, rule, [parameterOf(matrix(5, 7, values))]);
      resumed.restore(state);
      take(resumed, rate, grads.slice(2));
      expect(await resumed.parameters[0].value.read()).toEqual(await whole.parameters[0].value.read());
      expect(await resumed.state()).toEqual(await whole.state());
    });
  });

  /**
   * torch 1.13.0:  p = Parameter(tensor(START)); o = RULE([p], …); for g in GRADS: p.grad = tensor(g); o.step();  print(p.tolist())
   */
  const START = [0.5, -1.25, 2.0, 0.1, -0.3, 1.0];
  const GRADS = [
    [0.1, -0.2, 0.3, 1e-4, 0.0, -5.0],
    [0.2, 0.1, -0.4, 2e-4, 1e-6, 3.0],
    [-0.1, 0.3, 0.2, -1e-4, 0.0, 4.0],
  ];
  it.each([
    // SGD([p], 0.1)
    {
      rule: sgd(),
      rate: 0.1,
      expected: [0.479999989, -1.26999998, 1.99000001, 0.0999800041, -0.300000101, 0.800000072],
    },
    // SGD([p], 0.1, momentum=0.9, weight_decay=0.01)
    {
      rule: sgd({ momentum: 0.9, decay: 0.01 }),
      rate: 0.1,
      expected: [0.442155361, -1.23785937, 1.96356368, 0.099384442, -0.298318654, 1.37779522],
    },
    // RMSprop([p], 0.01)
    {
      rule: rmsProp(),
      rate: 0.01,
      expected: [0.351497978, -1.27533746, 1.94278634, -0.0483790115, -0.390909106, 0.991456389],
    },
    // RMSprop([p], 0.02, alpha=0.9, eps=1e-4, weight_decay=0.01)
    {
      rule: rmsProp({ alpha: 0.9, eps: 1e-4, decay: 0.01 }),
      rate: 0.02,
      expected: [0.405898929, -1.26330352, 1.95906377, 0.0172761939, -0.175581589, 0.991245091],
    },
    // AdamW([p], 0.01)
    {
      rule: adamW(),
      rate: 0.01,
      expected: [0.476000249, -1.24085772, 1.9903518, 0.0761221647, -0.312901169, 1.00921726],
    },
    // AdamW([p], 0.02, (0.8, 0.99), 1e-4, 0.1)
    {
      rule: adamW({ betas: [0.8, 0.99], eps: 1e-4, decay: 0.1 }),
      rate: 0.02,
      expected: [0.450328767, -1.22793365, 1.9712249, 0.0732130632, -0.298378974, 1.01019382],
    },
  ])('$rule.name gives the figures of torch at a rate of $rate', async ({ rule, rate, expected }) => {
    const parameter = parameterOf(matrix(1, 6, START));
    take(
      new Optimizer(gpu, rule, [parameter]),
      rate,
      GRADS.map((grad) => matrix(1, 6, grad)),
    );
    expect(relativeDifference(await parameter.value.read(), expected)).toBeLessThan(1e-6);
  });

  it('leaves out a parameter without a gradient, and keeps its count of steps', async () => {
    const [a, b] = [parameterOf(randomMatrix(2, 3, 1)), parameterOf(randomMatrix(2, 3, 1))];
    const optimizer = new Optimizer(gpu, adamW(), [a, b]);
    a.grad = upload(gpu, randomMatrix(2, 3, 2));
    optimizer.step(0.1);
    expect(optimizer.memory.steps).toEqual([1, 0]);
    expect(await b.value.read()).toEqual(Float32Array.from(randomMatrix(2, 3, 1).data));
    optimizer.clearGradients();
    expect(a.grad).toBeNull();
    optimizer.release();
  });

  it('takes a rate and a decay of a parameter’s own', async () => {
    const own = (settings: Partial<Trained>) => ({ parameter: parameterOf(matrix(1, 1, [1])), ...settings });
    const [half, still] = [own({ rate: 0.5 }), own({ decay: 0 })];
    const optimizer = new Optimizer(gpu, sgd({ decay: 0.5 }), [half, still]);
    take(optimizer, 0.1, [matrix(1, 1, [1])]);
    expect((await half.parameter.value.read())[0]).toBeCloseTo(1 - 0.05 * 1.5, 6);
    expect((await still.parameter.value.read())[0]).toBeCloseTo(0.9, 6);
  });

  it('refuses a state or a mask that is not its own', async () => {
    const parameter = parameterOf(randomMatrix(2, 3, 1));
    const state = await new Optimizer(gpu, sgd(), [parameter]).state();
    expect(() => new Optimizer(gpu, adamW(), [parameter]).restore(state)).toThrow('state of SGD');
    const mask = upload(gpu, randomMatrix(3, 2, 1));
    expect(() => new Optimizer(gpu, adamW(), [{ parameter, mask }])).toThrow('mask of 3 × 2 on a parameter of 2 × 3');
  });

  it('keeps the values of the least loss, and none of a loss that is no number', async () => {
    const value = upload(gpu, randomMatrix(3, 5, 1));
    const best = value.clone();
    const least = Tensor.from(gpu, 1, 1, [NO_LOSS]);
    const kept: number[] = [];
    for (const [step, loss] of [3, NaN, 2, 2.5, Infinity, 1, 4].entries()) {
      value.writeRows(0, new Float32Array(15).fill(step));
      const told = Tensor.from(gpu, 1, 1, [loss]);
      keepBest(told, least, [{ value, best }]);
      told.release();
      kept.push((await best.read())[14]);
    }
    expect(kept).toEqual([0, 0, 2, 2, 2, 5, 5]);
    expect(await least.read()).toEqual(Float32Array.of(1));
    for (const used of [value, best, least]) used.release();
  });
});

describe('the schedules', () => {
  it('gives a cosine with the figures of torch', () => {
    // CosineAnnealingLR(SGD([p], 0.3), 10, 0.03): get_last_lr() of steps 0 … 9
    const expected = [
      0.3, 0.2933926296998458, 0.2742172942406179, 0.2443510090594839, 0.2067172942406179, 0.165, 0.12328270575938212,
      0.08564899094051615, 0.055782705759382115, 0.03660737030015428,
    ];
    const rate = cosineRate({ peak: 0.3, steps: 10, floor: 0.03 });
    expected.forEach((value, step) => expect(rate(step)).toBeCloseTo(value, 12));
    expect([rate(10), rate(50)]).toEqual([0.03, 0.03]);
  });

  it('warms up in a straight line to the peak', () => {
    const rate = cosineRate({ peak: 1, steps: 12, warmUp: 4 });
    expect([0, 1, 2, 3, 4].map(rate)).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(rate(8)).toBeCloseTo(0.5, 12);
  });

  it('goes in a straight line from one step to another', () => {
    const beta = linearRate({ from: 20, to: 2, first: 4, last: 10 });
    expect([0, 4, 5, 7, 10, 99].map(beta)).toEqual([20, 20, 17, 11, 2, 2]);
  });
});
