// Pairs of rows folded down columns, within cells (activation/cells): the least of the first half and the greatest of the second, or with the
// override SUM the sums of both.   pairs: vec4, the first of the second half at second_at;  folded: (2·out_rows) × columns, out_rows = cells · parts.
//   A cell's tile is folded in parts of `panel` rows. Ranges whose ends are the wrong way round are empty; with last = 1 they become 0 and 0.
//   What is not finite in a pair makes what it goes into not finite. Strides count vec4.
// Grid: one thread a vec4 of the first half, linear. No workgroup memory. What the grid does not write must be zero.
//#include "common/index"
//#include "common/finite"
struct Params {
  out_rows: u32, stride: u32, second_at: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32,
  parts: u32, panel: u32, last: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pairs: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> folded: array<vec4f>;

override SUM: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let to = i / params.stride;
  if (to >= params.out_rows) { return; }
  let c = i % params.stride;
  let cell = to / params.parts;
  let turn = cell % params.turns;
  let tile = cell / params.turns % params.tiles;
  let start = tile * params.tile_rows;
  let window = cell / params.turns / params.tiles * params.pitch;
  let first = start + to % params.parts * params.panel;
  let end = min(min(first + params.panel, start + params.tile_rows), params.length);
  var low = vec4f(select(3.4e38, 0.0, SUM == 1u));
  var high = -low;
  var worst = vec4u(0);
  for (var t = first; t < end; t++) {
    if ((t - start) % params.modulus / params.width != turn) { continue; }
    let at = (window + t) * params.stride + c;
    let a = pairs[at];
    let b = pairs[params.second_at + at];
    if (SUM == 1u) {
      low += a;
      high += b;
    } else {
      low = min(low, a);
      high = max(high, b);
      worst = max(worst, bitcast<vec4u>(a) & vec4u(0x7fffffffu));
      worst = max(worst, bitcast<vec4u>(b) & vec4u(0x7fffffffu));
    }
  }
  if (SUM == 0u) {
    let empty = (low > high) & vec4<bool>(params.last == 1u);
    let bad = worst >= vec4u(0x7f800000u);
    low = select(select(low, vec4f(0), empty), bitcast<vec4f>(worst), bad);
    high = select(select(high, vec4f(0), empty), bitcast<vec4f>(worst), bad);
  }
  folded[to * params.stride + c] = low;
  folded[(params.out_rows + to) * params.stride + c] = high;
}
