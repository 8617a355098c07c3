// A matrix with its columns taken in the order of an index. Entry points:
//   columns: out[r, c] = a[r, index[c]]         both: out[r, c] = a[index[r], index[c]]
//   panel: as both, of a matrix in panels: a is its rows from `above` on, out those from `out_above` on; other rows are not written.
//   a: strides in floats;  index: u32, out_cols of them;  out: padded_rows × out_stride vec4, padding written as zero.
// Grid: linear over the vec4 of out (src/gpu/kernel.ts, linearGrid), 64 threads a workgroup. No workgroup memory.
struct Params {
  rows: u32,
  out_cols: u32,
  a_stride: u32,     // floats
  out_stride: u32,   // vec4
  count: u32,        // vec4 of out, padding included
  above: u32,        // the last three: panel only
  held: u32,         // rows of a
  out_above: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<vec4f>;

//#include "common/index"

fn gathered(i: u32, by_row: bool) -> vec4f {
  let row = i / params.out_stride;
  let col = (i % params.out_stride) * 4;
  var value = vec4f(0);
  if (row >= params.rows) { return value; }
  var source_row = row;
  if (by_row) { source_row = index[row]; }
  for (var j = 0u; j < 4u; j++) {
    if (col + j < params.out_cols) { value[j] = a[source_row * params.a_stride + index[col + j]]; }
  }
  return value;
}

@compute @workgroup_size(64)
fn columns(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { out[i] = gathered(i, false); }
}

@compute @workgroup_size(64)
fn both(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i < params.count) { out[i] = gathered(i, true); }
}

@compute @workgroup_size(64)
fn panel(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = params.out_above + i / params.out_stride;
  let col = (i % params.out_stride) * 4;
  var value = vec4f(0);
  if (row < params.rows) {
    let source_row = index[row];
    if (source_row < params.above || source_row - params.above >= params.held) { return; }
    for (var j = 0u; j < 4u; j++) {
      if (col + j < params.out_cols) { value[j] = a[(source_row - params.above) * params.a_stride + index[col + j]]; }
    }
  }
  out[i] = value;
}
