// From heads to tokens: y[w·length + t, first + h·dim + d] = x[(w·heads + h)·block_rows + t, d], the other columns zero; the transpose
// of split-heads, and its inverse where there are no other columns.
//   x: (windows · heads · block_rows) × dim; y: (windows · length) × at least first + heads · dim.
// x_stride counts floats, y_stride vec4. Grid: one thread a vec4 of the padded y, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  rows: u32, length: u32, block_rows: u32, heads: u32, dim: u32, first: u32, x_stride: u32, y_stride: u32, vectors: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let column = at % params.y_stride * 4;
  let token = at / params.y_stride;
  var value = vec4f(0);
  if (token < params.rows) {
    let t = token % params.length;
    let first_block = token / params.length * params.heads;
    for (var i = 0u; i < 4u; i++) {
      let c = column + i - params.first; // wraps past all heads for earlier columns
      if (c < params.heads * params.dim) {
        value[i] = x[((first_block + c / params.dim) * params.block_rows + t) * params.x_stride + c % params.dim];
      }
    }
  }
  y[at] = value;
}
