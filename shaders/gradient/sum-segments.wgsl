// Rows added up by where they came from: y[t, :] = Σ x[order[i], :] for i = starts[t] … starts[t + 1] − 1, in that order.
// The way back from a gather of rows: order lists the rows that took row t of the table, one target after another.
//   x: any × cols; order: u32; starts: rows + 1 u32; y: rows × cols. `vectors` counts the vec4 of the padded y, stride those of a row.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  let column = at % params.stride;
  var sum = vec4f(0);
  if (row < params.rows) {
    let end = starts[row + 1];
    for (var i = starts[row]; i < end; i++) { sum += x[order[i] * params.stride + column]; }
  }
  y[at] = sum;
}
