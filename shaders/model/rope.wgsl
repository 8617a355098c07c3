// Rotary position embedding, half-split (Hugging Face) form, on heads (src/tensor/heads.ts): with h = dim/2 and the row's angle aⱼ,
//   y[j] = x[j]·cos aⱼ − x[j+h]·sin aⱼ,   y[j+h] = x[j+h]·cos aⱼ + x[j]·sin aⱼ;   with turn = −1, by −aⱼ.
//   x, y: (blocks · block_rows) × cols, a row's position is its index in its block; table: positions × dim, cos | sin. Columns from dim
//   on stay as they are.
// Strides count floats. Grid: one thread an element of the padded output, folded in y. No workgroup memory.
// Su et al. 2021, arXiv 2104.09864.
//#include "common/index"
struct Params {
  length: u32, block_rows: u32, elements: u32, dim: u32, cols: u32, stride: u32, table_stride: u32, turn: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.elements) { return; }
  let column = at % params.stride;
  let position = at / params.stride % params.block_rows;
  let half_dim = params.dim / 2;
  var value = 0.0;
  if (column < params.dim && position < params.length) {
    let first = column < half_dim;
    let angle = position * params.table_stride + select(column - half_dim, column, first);
    let partner = select(x[at - half_dim], -x[at + half_dim], first);
    value = x[at] * table[angle] + params.turn * partner * table[angle + half_dim];
  } else if (column < params.cols && position < params.length) {
    value = x[at];
  }
  y[at] = value;
}
