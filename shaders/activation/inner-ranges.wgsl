// The range of every cell (activation/cells) without its outliers, a share of its values at either end: low is the k-th least and high the k-th
// greatest, k = n · share / 2 rounded, share in ten-thousandths. So k values lie below low at most, and as many above high.
//   x: rows × cols; by_row: 2 × rows, the second 1 where a row is kept, which then counts for nothing (BY_ROW = 1).
//   ranges: (2·range_rows) × across, lows first; must be zero. Strides count floats. Cells have no turns.
// Each value counts those that stand before it in its cell: equal ones in their order, so that one value has each rank.
// Grid: one thread a value of rows first_row … first_row + count − 1, linear. No workgroup memory.
//#include "common/index"
struct Params {
  rows: u32, cols: u32, stride: u32, row_stride: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32, tile_cols: u32, across: u32, range_rows: u32,
  range_stride: u32, first_row: u32, count: u32, share: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> by_row: array<f32>;
@group(0) @binding(3) var<storage, read_write> ranges: array<f32>;
//#include "activation/cells"

override BY_ROW: u32 = 0;

fn is_kept(row: u32) -> bool { return BY_ROW == 1u && by_row[params.row_stride + row] == 1.0; }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.count * params.cols) { return; }
  let row = params.first_row + i / params.cols;
  let col = i % params.cols;
  if (!is_live(row) || is_kept(row)) { return; }
  let window = row / params.pitch * params.pitch;
  let begin = window + (row - window) / params.tile_rows * params.tile_rows;
  let end = min(begin + params.tile_rows, window + params.length);
  let left = col / params.tile_cols * params.tile_cols;
  let right = min(left + params.tile_cols, params.cols);
  let own = x[row * params.stride + col];
  var n = 0u;
  var rank = 0u;
  for (var r = begin; r < end; r++) {
    if (is_kept(r)) { continue; }
    for (var c = left; c < right; c++) {
      let other = x[r * params.stride + c];
      let before = r < row || (r == row && c < col);
      n++;
      if (other < own || (other == own && before)) { rank++; }
    }
  }
  let k = min((n * params.share + 10000u) / 20000u, (n - 1u) / 2u);
  let at = cell_row(row) * params.range_stride + col / params.tile_cols;
  if (rank == k) { ranges[at] = own; }
  if (rank == n - 1u - k) { ranges[params.range_rows * params.range_stride + at] = own; }
}
