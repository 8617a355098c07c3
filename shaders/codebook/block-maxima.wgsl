// The largest magnitude in each run of `block` columns of a row: maxima, rows × max_stride with zero padding.
//   matrix and window: codebook/view.wgsl.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread an entry of maxima, padding included. No workgroup memory.
//#include "common/finite"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  block: u32, blocks: u32, max_stride: u32, count: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read_write> maxima: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.count) { return; }
  let row = i / params.max_stride;
  let first = (i % params.max_stride) * params.block;
  var largest = 0.0;
  var damage = 0.0; // the sum of what is no number
  if (row < params.rows && i % params.max_stride < params.blocks) {
    for (var c = first; c < min(first + params.block, params.cols); c++) {
      let value = abs(matrix[params.offset + row * params.row_stride + c * params.col_stride]);
      largest = max(largest, value);
      if (is_broken(value)) { damage += value; }
    }
  }
  maxima[i] = keeping_one(damage, largest);
}
