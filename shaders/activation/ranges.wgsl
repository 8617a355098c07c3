// The least and the greatest of what a quantizer sees of each row, by segments of tile_cols columns.
//   x: rows × cols; by_column, by_row: activation/dressed.   pairs: (2·R) × across, the least ones first.
//   last = 0: R = rows, and a segment of which nothing counts has its ends the wrong way round (EMPTY, −EMPTY);
//   last = 1: R = the rows of cells, each being one row of x (activation/cells), and such a segment has 0 and 0.
// A value that is not finite gives a pair that is not. What the grid does not write must be zero.
// Grid: one segment for LANES threads, folded in y. Workgroup memory: 12·WG bytes; no barrier with LANES = 1.
//#include "common/index"
//#include "common/finite"
struct Params {
  rows: u32, cols: u32, stride: u32, row_stride: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32, tile_cols: u32, across: u32, range_rows: u32,
  pair_rows: u32, pair_stride: u32, last: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> by_column: array<vec4f>;
@group(0) @binding(3) var<storage, read> by_row: array<f32>;
@group(0) @binding(4) var<storage, read_write> pairs: array<f32>;
//#include "activation/cells"
//#include "activation/dressed"

override WG: u32 = 64;
override LANES: u32 = 1;
const EMPTY = 3.4e38;

var<workgroup> lows: array<f32, WG>;
var<workgroup> highs: array<f32, WG>;
var<workgroup> worsts: array<u32, WG>;

@compute @workgroup_size(WG)
fn across(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, WG);
  let lane = thread % LANES;
  let segment = thread / LANES;
  let row = segment / params.across;
  let column = segment % params.across;
  let live = is_live(row);
  let first = column * params.tile_cols;
  let end = min(first + params.tile_cols, params.cols);
  var low = vec4f(EMPTY);
  var high = vec4f(-EMPTY);
  var worst = vec4u(0);
  if (live) {
    for (var c = first / 4u + lane; c < (end + 3u) / 4u; c += LANES) {
      let d = dressed(x[row * params.stride + c], row, c);
      let place = vec4u(4u * c) + vec4u(0, 1, 2, 3);
      let counts = (place >= vec4u(first)) & (place < vec4u(end)) & !d.kept;
      low = select(low, min(low, d.value), counts);
      high = select(high, max(high, d.value), counts);
      // The largest magnitude by its bits: at or past those of infinity where anything is not finite.
      worst = select(worst, max(worst, bitcast<vec4u>(d.value) & vec4u(0x7fffffffu)), counts);
    }
  }
  var least = min(min(low.x, low.y), min(low.z, low.w));
  var greatest = max(max(high.x, high.y), max(high.z, high.w));
  var bits = max(max(worst.x, worst.y), max(worst.z, worst.w));
  if (LANES > 1u) {
    lows[local] = least;
    highs[local] = greatest;
    worsts[local] = bits;
    workgroupBarrier();
    for (var i = 0u; i < LANES; i++) {
      let other = local - lane + i;
      least = min(least, lows[other]);
      greatest = max(greatest, highs[other]);
      bits = max(bits, worsts[other]);
    }
  }
  if (lane > 0u || row >= params.rows) { return; }
  if (params.last == 1u && !live) { return; }
  if (params.last == 1u && least > greatest) {
    least = 0.0;
    greatest = 0.0;
  }
  if (bits >= 0x7f800000u) {
    least = bitcast<f32>(bits);
    greatest = bitcast<f32>(bits);
  }
  let to = select(row, own_cell_row(row), params.last == 1u);
  pairs[to * params.pair_stride + column] = least;
  pairs[(params.pair_rows + to) * params.pair_stride + column] = greatest;
}
