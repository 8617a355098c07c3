// What stands before and after the factorization of a Hessian (src/tensor/factor.ts). With C columns, s the Jacobi scale and
// J the reversal of indices (i ↦ C−1−i):
//   scaled:    a = J·S·(H + λI)·S·J, continued by the identity to size × size (a multiple of 32).
//   unscaled:  u[i, j] = a[C−1−i, C−1−j]·s[j] on and above the diagonal, a now holding the inverse of its Cholesky factor.
//   h, u: C × C, h_stride floats a row;  jacobi: s and λ (jacobi.wgsl), rows of h_stride floats;  a: size × size floats.
//   status: its third word counts what of H is NaN or infinite (scaled only).
// Grid: linear over the vec4 of what is written (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  cols: u32,
  size: u32,
  h_stride: u32,   // of h and u, floats
  count: u32,      // vec4 written
  above: u32,      // rows of the source above the first one that is bound
  out_above: u32,  // the same of what is written
}
@group(0) @binding(0) var<uniform> params: Params;
// Bound as bits: WGSL may assume that a float is not NaN, so only the bits can tell.
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> jacobi: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> status: array<atomic<u32>, 3>;

//#include "common/index"

fn scaled_entry(row: u32, col: u32) -> f32 {
  if (row >= params.cols || col >= params.cols) { return select(0.0, 1.0, row == col); }
  let i = params.cols - 1 - row;
  let j = params.cols - 1 - col;
  let bits = source[(i - params.above) * params.h_stride + j];
  // All eight exponent bits set: NaN or infinity.
  if ((bits & 0x7f800000u) == 0x7f800000u) { atomicAdd(&status[2], 1u); }
  let damping = select(0.0, jacobi[params.h_stride], row == col);
  // Scaled one side after the other: the product of two scales could overflow.
  return (bitcast<f32>(bits) + damping) * jacobi[i] * jacobi[j];
}

fn unscaled_entry(row: u32, col: u32) -> f32 {
  if (col < row || col >= params.cols) { return 0; }
  return bitcast<f32>(source[(params.cols - 1 - row - params.above) * params.size + params.cols - 1 - col]) * jacobi[col];
}

@compute @workgroup_size(64)
fn scaled(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = params.out_above + i / (params.size / 4);
  let col = i % (params.size / 4) * 4;
  out[i] = vec4f(scaled_entry(row, col), scaled_entry(row, col + 1), scaled_entry(row, col + 2), scaled_entry(row, col + 3));
}

@compute @workgroup_size(64)
fn unscaled(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = params.out_above + i / (params.h_stride / 4);
  let col = i % (params.h_stride / 4) * 4;
  out[i] = vec4f(
    unscaled_entry(row, col), unscaled_entry(row, col + 1), unscaled_entry(row, col + 2), unscaled_entry(row, col + 3));
}
