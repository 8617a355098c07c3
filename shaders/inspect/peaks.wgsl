// The largest magnitude in each cell of a matrix, as bits: infinity where a value of it is NaN or infinite, 0 of a cell of zeros.
//   x: rows × cols without padding, as bits;  peaks: down × across cells of cell_rows × cell_cols, the last ones smaller.
// Magnitudes of floats order like their bits, so no comparison meets a NaN and no denormal is flushed.
// Grid: one thread a cell, linear. No workgroup memory.
//#include "common/index"
struct Params { rows: u32, cols: u32, cell_rows: u32, cell_cols: u32, across: u32, cells: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> peaks: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.cells) { return; }
  let top = (i / params.across) * params.cell_rows;
  let left = (i % params.across) * params.cell_cols;
  let bottom = min(top + params.cell_rows, params.rows);
  let right = min(left + params.cell_cols, params.cols);
  var peak = 0u;
  for (var r = top; r < bottom; r++) {
    for (var c = left; c < right; c++) {
      peak = max(peak, min(x[r * params.cols + c] & 0x7fffffffu, 0x7f800000u));
    }
  }
  peaks[i] = peak;
}
