// What stands before and after the factorization of a Hessian (src/tensor/factor.ts). With C columns, s the Jacobi scale and
// J the reversal of indices (i ↦ C−1−i):
//   scaled:    a = J·S·(H + λI)·S·J, continued by the identity to size × size (a multiple of 32).
//   unscaled:  u[i, j] = a[C−1−i, C−1−j]·s[j] on and above the diagonal, a now holding the inverse of its Cholesky factor.
//   h, u: C × C, h_stride floats a row;  s: C floats;  a: size × size floats.
// Grid: linear over the vec4 of what is written (linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  cols: u32,
  size: u32,
  h_stride: u32,   // of h and u, floats
  count: u32,      // vec4 written
  lambda: f32,     // scaled only
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

//#include "common/index"

fn scaled_entry(row: u32, col: u32) -> f32 {
  let damping = select(0.0, params.lambda, row == col);
  if (row >= params.cols || col >= params.cols) { return select(0.0, 1.0, row == col); }
  let i = params.cols - 1 - row;
  let j = params.cols - 1 - col;
  // Scaled one side after the other: the product of two scales could overflow.
  return (source[i * params.h_stride + j] + damping) * s[i] * s[j];
}

fn unscaled_entry(row: u32, col: u32) -> f32 {
  if (col < row || col >= params.cols) { return 0; }
  return source[(params.cols - 1 - row) * params.size + params.cols - 1 - col] * s[col];
}

@compute @workgroup_size(64)
fn scaled(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / (params.size / 4);
  let col = i % (params.size / 4) * 4;
  out[i] = vec4f(scaled_entry(row, col), scaled_entry(row, col + 1), scaled_entry(row, col + 2), scaled_entry(row, col + 3));
}

@compute @workgroup_size(64)
fn unscaled(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
            @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / (params.h_stride / 4);
  let col = i % (params.h_stride / 4) * 4;
  out[i] = vec4f(
    unscaled_entry(row, col), unscaled_entry(row, col + 1), unscaled_entry(row, col + 2), unscaled_entry(row, col + 3));
}
