/**
 * For tests: tiny random ResNets, and their forward pass in float64, one number after the other as torch describes its layers: images are
 * channels × height × width, batch norms stand by themselves, and nothing is shared with what is tested.
 */
import { Random } from '../../base/random';
import { memoryWeights, type MemorySource } from './fixtures';

export interface TinyResNet {
  /** torchvision: a stem of 7 × 7 with a pool, and fc; small: a stem of 3 × 3, linear, and shortcuts without weights. */
  readonly names: 'torchvision' | 'small';
  readonly kind: 'basic' | 'bottleneck';
  /** Channels within the blocks of each layer. */
  readonly widths: readonly number[];
  readonly depth: number;
  readonly size: number;
  /** Whether batch norms have been folded into biases before the file was saved. */
  readonly folded?: boolean;
}

export const TINY_RESNETS: Readonly<Record<string, TinyResNet>> = {
  basic: { names: 'torchvision', kind: 'basic', widths: [6, 10], depth: 2, size: 16 },
  bottleneck: { names: 'torchvision', kind: 'bottleneck', widths: [3, 4], depth: 2, size: 16 },
  small: { names: 'small', kind: 'basic', widths: [5, 9, 17], depth: 2, size: 8 },
  folded: { names: 'small', kind: 'basic', widths: [4, 8], depth: 1, size: 8, folded: true },
};

export const CLASSES = 5;
const EPS = 1e-5;
const EXPANSION = 4;

/** Weights as torch names and lays them out. */
export function tinyResNet({ names, kind, widths, depth, size, folded = false }: TinyResNet): MemorySource {
  const random = new Random(11);
  const tensors: MemorySource['tensors'] = new Map();
  const set = (name: string, shape: readonly number[], value: () => number) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
    tensors.set(name, { shape, dtype: 'F32', values });
  };
  const convolution = (path: string, norm: string, outputs: number, inputs: number, side: number) => {
    const spread = 1 / Math.sqrt(inputs * side * side);
    set(`${path}.weight`, [outputs, inputs, side, side], () => spread * random.normal());
    if (folded) {
      set(`${path}.bias`, [outputs], () => 0.3 * random.normal());
      return;
    }
    set(`${norm}.weight`, [outputs], () => (random.uniform() < 0.2 ? -1 : 1) * (0.5 + random.uniform()));
    set(`${norm}.bias`, [outputs], () => 0.3 * random.normal());
    set(`${norm}.running_mean`, [outputs], () => 0.3 * random.normal());
    set(`${norm}.running_var`, [outputs], () => 0.4 + random.uniform());
    tensors.set(`${norm}.num_batches_tracked`, { shape: [], dtype: 'I64', values: Float32Array.of(7) });
  };
  const deep = kind === 'bottleneck';
  let channels = widths[0];
  convolution('conv1', 'bn1', channels, 3, names === 'torchvision' ? 7 : 3);
  widths.forEach((width, l) => {
    const out = deep ? EXPANSION * width : width;
    for (let i = 0; i < depth; i++) {
      const name = `layer${l + 1}.${i}`;
      const shapes = deep
        ? [
            [width, channels, 1],
            [width, width, 3],
            [out, width, 1],
          ]
        : [
            [width, channels, 3],
            [out, width, 3],
          ];
      shapes.forEach(([o, c, side], n) => convolution(`${name}.conv${n + 1}`, `${name}.bn${n + 1}`, o, c, side));
      if (names === 'torchvision' && (channels !== out || (l > 0 && i === 0))) {
        convolution(`${name}.downsample.0`, `${name}.downsample.1`, out, channels, 1);
      }
      channels = out;
    }
  });
  const head = names === 'torchvision' ? 'fc' : 'linear';
  set(`${head}.weight`, [CLASSES, channels], () => random.normal() / Math.sqrt(channels));
  set(`${head}.bias`, [CLASSES], () => random.normal());
  return memoryWeights({ input_size: size }, tensors);
}

/** One image: channels of height × width numbers. */
interface Image {
  readonly channels: number;
  readonly size: number;
  readonly data: Float64Array;
}

/** What every layer gives for one image, by its module's name; a convolution's is that behind its batch norm. */
export type Traces = Map<string, Image>;

/** Image of channels × size × size; the trace `logits` has one number a class. */
export function forwardResNet(source: MemorySource, pixels: ArrayLike<number>, size: number): Traces {
  const traces: Traces = new Map();
  const read = (name: string) => source.tensors.get(name)?.values;
  const layer = (path: string, norm: string, x: Image, stride: number): Image => {
    const found = source.tensors.get(`${path}.weight`);
    if (!found) throw new Error(`no ${path}`);
    const [outputs, , side] = found.shape;
    const bias = read(`${path}.bias`);
    const y = convolve(x, found.values, outputs, side, stride);
    const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((n) =>
      read(`${norm}.${n}`),
    );
    const area = y.size ** 2;
    for (let at = 0; at < y.data.length; at++) {
      const c = Math.floor(at / area);
      if (bias) y.data[at] += bias[c];
      if (gamma && beta && mean && variance) {
        y.data[at] = ((y.data[at] - mean[c]) / Math.sqrt(variance[c] + EPS)) * gamma[c] + beta[c];
      }
    }
    traces.set(path, y);
    return y;
  };
  const wide = source.tensors.get('conv1.weight')?.shape[2] === 7;
  let x: Image = { channels: 3, size, data: Float64Array.from(pixels) };
  x = rectified(layer('conv1', 'bn1', x, wide ? 2 : 1));
  if (wide) x = pooled(x);
  traces.set('stem', { ...x, data: x.data.slice() });
  for (let l = 1; read(`layer${l}.0.conv1.weight`); l++) {
    for (let i = 0; read(`layer${l}.${i}.conv1.weight`); i++) {
      const name = `layer${l}.${i}`;
      const stride = l > 1 && i === 0 ? 2 : 1;
      const deep = read(`${name}.conv3.weight`) !== undefined;
      let y = rectified(layer(`${name}.conv1`, `${name}.bn1`, x, deep ? 1 : stride));
      y = layer(`${name}.conv2`, `${name}.bn2`, y, deep ? stride : 1);
      if (deep) y = layer(`${name}.conv3`, `${name}.bn3`, rectified(y), 1);
      const beside = read(`${name}.downsample.0.weight`)
        ? layer(`${name}.downsample.0`, `${name}.downsample.1`, x, stride)
        : padded(x, stride, y.channels);
      x = rectified({ ...y, data: y.data.map((value, at) => value + beside.data[at]) });
      traces.set(name, x);
    }
  }
  const area = x.size ** 2;
  const means = Float64Array.from({ length: x.channels }, (_, c) => {
    return x.data.slice(c * area, (c + 1) * area).reduce((a, b) => a + b, 0) / area;
  });
  const head = read('fc.weight') ? 'fc' : 'linear';
  const [weight, bias] = [read(`${head}.weight`), read(`${head}.bias`)];
  const logits = Float64Array.from({ length: CLASSES }, (_, k) => {
    return means.reduce((sum, mean, c) => sum + mean * (weight?.[k * means.length + c] ?? NaN), bias?.[k] ?? NaN);
  });
  traces.set('features', { channels: x.channels, size: 1, data: means });
  traces.set('logits', { channels: CLASSES, size: 1, data: logits });
  return traces;
}

/** Padding (side − 1) / 2. */
function convolve(x: Image, weight: ArrayLike<number>, outputs: number, side: number, stride: number): Image {
  const padding = (side - 1) / 2;
  const size = Math.floor((x.size - 1) / stride) + 1;
  const data = new Float64Array(outputs * size * size);
  let to = 0;
  for (let o = 0; o < outputs; o++)
    for (let r = 0; r < size; r++)
      for (let c = 0; c < size; c++, to++)
        for (let i = 0; i < x.channels; i++)
          for (let a = 0; a < side; a++)
            for (let b = 0; b < side; b++) {
              const [row, column] = [r * stride + a - padding, c * stride + b - padding];
              if (row < 0 || column < 0 || row >= x.size || column >= x.size) continue;
              const w = weight[((o * x.channels + i) * side + a) * side + b];
              data[to] += w * x.data[(i * x.size + row) * x.size + column];
            }
  return { channels: outputs, size, data };
}

function rectified({ data, ...x }: Image): Image {
  return { ...x, data: data.map((value) => Math.max(0, value)) };
}

/** The largest of 3 × 3, every other pixel. */
function pooled({ channels, size, data }: Image): Image {
  const half = Math.floor((size - 1) / 2) + 1;
  const out = new Float64Array(channels * half * half).fill(-Infinity);
  for (let c = 0; c < channels; c++)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < size; column++)
        for (let r = 0; r < half; r++)
          for (let q = 0; q < half; q++) {
            if (Math.abs(2 * r - row) > 1 || Math.abs(2 * q - column) > 1) continue;
            const at = (c * half + r) * half + q;
            out[at] = Math.max(out[at], data[(c * size + row) * size + column]);
          }
  return { channels, size: half, data: out };
}

/** x[:, ::stride, ::stride] between channels of zeros, as many on both sides. */
function padded({ channels, size, data }: Image, stride: number, outputs: number): Image {
  const small = Math.floor((size - 1) / stride) + 1;
  const out = new Float64Array(outputs * small * small);
  const first = (outputs - channels) / 2;
  for (let c = 0; c < channels; c++)
    for (let r = 0; r < small; r++)
      for (let q = 0; q < small; q++) {
        out[((first + c) * small + r) * small + q] = data[(c * size + r * stride) * size + q * stride];
      }
  return { channels: outputs, size: small, data: out };
}
