// adaLN modulation: y[r, :] = x[r, :] · (1 + scale[w, :]) + shift[w, :] with w = r div length.
//   x, y: rows × cols; scale, shift: rows / length × cols. `vectors` counts the vec4 of the padded y, stride those of a row.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
// Peebles and Xie 2022, arXiv 2212.09748 (DiT), section 3.2.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, length: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> shift: array<vec4f>;
@group(0) @binding(3) var<storage, read> scale: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  let place = row / params.length * params.stride + at % params.stride;
  var value = vec4f(0);
  if (row < params.rows) { value = x[at] + (x[at] * scale[place] + shift[place]); }
  y[at] = value;
}
