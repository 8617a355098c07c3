/**
 * Elementwise activations and their derivatives (shaders/model/activation.wgsl, gate.wgsl; shaders/gradient/activation.wgsl, gate.wgsl).
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

/** gelu_tanh is GPT-2's "gelu_new"; gelu_erf the exact one. */
export type Activation = 'gelu_tanh' | 'gelu_erf' | 'relu' | 'silu' | 'softplus' | 'exp';

const unary = (entry: string) =>
  defineKernel({
    shader: 'model/activation',
    entry,
    buffers: ['read', 'write'],
    params: { vectors: 'u32', rows: 'u32', cols: 'u32', stride: 'u32' },
  });
const UNARY: Readonly<Record<Activation, ReturnType<typeof unary>>> = {
  gelu_tanh: unary('gelu_tanh'),
  gelu_erf: unary('gelu_erf'),
  relu: unary('relu'),
  silu: unary('silu'),
  softplus: unary('softplus'),
  exp: unary('exponential'),
};

/** The override KIND of shaders/gradient/activation.wgsl. */
const KIND: Readonly<Record<Activation, number>> = {
  gelu_tanh: 0,
  gelu_erf: 1,
  relu: 2,
  silu: 3,
  softplus: 4,
  exp: 5,
};

const GRADIENT = defineKernel({
  shader: 'gradient/activation',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { vectors: 'u32' },
  overrides: ['KIND'],
});

const GATE = defineKernel({
  shader: 'model/gate',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { vectors: 'u32' },
});

const GATE_GRADIENT = defineKernel({
  shader: 'gradient/gate',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: { vectors: 'u32' },
});

/** FLOP a vec4 of these is counted as: an exponential for each of its entries. */
const WORK = 64;

export function activate(kind: Activation, x: Tensor): Tensor {
  const y = Tensor.empty(x.gpu, x.rows, x.cols, kind);
  const vectors = x.bytes / 16;
  x.gpu.launch(UNARY[kind], {
    buffers: [x.buffer, y.buffer],
    params: { vectors, rows: x.rows, cols: x.cols, stride: x.stride / 4 },
    grid: linearGrid(vectors, 64),
    work: WORK * vectors,
  });
  return y;
}

/** From g = ∂L/∂f(x) to ∂L/∂x = g · f′(x). */
export function activationGradient(kind: Activation, x: Tensor, g: Tensor): Tensor {
  requireSameShape(x, g);
  const gx = Tensor.empty(x.gpu, x.rows, x.cols, `gradient of ${kind}`);
  const vectors = x.bytes / 16;
  x.gpu.launch(GRADIENT, {
    buffers: [x.buffer, g.buffer, gx.buffer],
    params: { vectors },
    grid: linearGrid(vectors, 64),
    overrides: { KIND: KIND[kind] },
    work: WORK * vectors,
  });
  return gx;
}

/** silu(gate) · up. */
export function siluGate(gate: Tensor, up: Tensor): Tensor {
  requireSameShape(gate, up);
  const y = Tensor.empty(gate.gpu, gate.rows, gate.cols, 'gated');
  const vectors = gate.bytes / 16;
  gate.gpu.launch(GATE, {
    buffers: [gate.buffer, up.buffer, y.buffer],
    params: { vectors },
    grid: linearGrid(vectors, 64),
    work: WORK * vectors,
  });
  return y;
}

/** From g = ∂L/∂(silu(gate) · up) to the gradients of gate and up. */
export function siluGateGradient(gate: Tensor, up: Tensor, g: Tensor): [gate: Tensor, up: Tensor] {
  requireSameShape(gate, up);
  requireSameShape(gate, g);
  const ofGate = Tensor.empty(gate.gpu, gate.rows, gate.cols, 'gradient of a gate');
  const ofUp = Tensor.empty(gate.gpu, gate.rows, gate.cols, 'gradient of what is gated');
  const vectors = gate.bytes / 16;
  gate.gpu.launch(GATE_GRADIENT, {
    buffers: [gate.buffer, up.buffer, g.buffer, ofGate.buffer, ofUp.buffer],
    params: { vectors },
    grid: linearGrid(vectors, 64),
    work: WORK * vectors,
  });
  return [ofGate, ofUp];
}

function requireSameShape(a: Tensor, b: Tensor): void {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new Error(`bug: an activation of ${a.rows} × ${a.cols} with ${b.rows} × ${b.cols}`);
  }
}
