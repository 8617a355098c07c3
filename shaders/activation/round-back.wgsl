// Back through activation/round where its ranges are learned, straight through the rounding: residuals of roundings count as constants.
// Entry points:
//   through: gx = g inside the clip and where x is kept, 0 outside
//   slopes:  ∂L/∂low and ∂L/∂high of each row, by segments of tile_cols columns:  pairs: (2·rows) × across, the lows first
//   x, g: rows × cols; ranges, by_column, by_row as there. Of the affine codes (0, 1, 2) only.
// With s the step, N = top, e = r(u) − u the code's residual and δ = z + low'/s that of the zero point, the level's slopes to (low', high') are
//   inside (−e/N, e/N);   below, asymmetric (1 + δ/N, −δ/N), float offset (1, 0);   above (δ/N, 1 − δ/N) and (0, 1).
// The symmetric level's slope to its step is e inside, `least` below and top above; its step follows the end of larger magnitude.
// Grid: through: one thread a vec4 of gx, linear; slopes: one segment for LANES threads, folded in y. Workgroup memory: 8·WG bytes.
//#include "common/index"
struct Params {
  rows: u32, cols: u32, stride: u32, row_stride: u32,
  length: u32, pitch: u32, tile_rows: u32, tiles: u32, modulus: u32, width: u32, turns: u32, tile_cols: u32, across: u32, range_rows: u32,
  range_stride: u32, vectors: u32,
  top: f32, least: f32, clip: f32, detail: f32, mantissa: u32, exponent: i32,
  pair_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> ranges: array<f32>;
@group(0) @binding(3) var<storage, read> by_column: array<vec4f>;
@group(0) @binding(4) var<storage, read> by_row: array<f32>;
@group(0) @binding(5) var<storage, read> g: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> gx: array<vec4f>;
// In the same place, of the other entry point.
@group(0) @binding(6) var<storage, read_write> pairs: array<f32>;
//#include "activation/cells"
//#include "activation/dressed"
//#include "activation/levels"

override WG: u32 = 64;
override LANES: u32 = 1;
var<workgroup> partials: array<vec2f, WG>;

// −1 below the codes, 1 above, 0 inside.
fn side_of(v: f32, grid: Grid) -> i32 {
  let code = free_code(v, grid);
  return select(0, 1, code > params.top) - select(0, 1, code < params.least);
}

fn grid_at(row: u32, column: u32) -> Grid {
  let at = cell_row(row) * params.range_stride + column;
  return grid_of(ranges[at], ranges[at + params.range_rows * params.range_stride], params.clip);
}

@compute @workgroup_size(64)
fn through(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.vectors) { return; }
  let row = i / params.stride;
  let c = i % params.stride;
  if (!is_live(row)) {
    gx[i] = vec4f(0);
    return;
  }
  let d = dressed(x[i], row, c);
  var value = g[i];
  for (var j = 0u; j < 4u; j++) {
    let place = 4u * c + j;
    if (place >= params.cols) { break; }
    if (d.kept[j]) { continue; }
    let grid = grid_at(row, place / params.tile_cols);
    let passed = select(0.0, value[j], side_of(d.value[j], grid) == 0);
    value[j] = keeping_one(grid.scale, keeping_one(d.value[j], passed));
  }
  gx[i] = value;
}

// ∂ level / ∂ (low, high).
fn slopes_of(v: f32, low: f32, high: f32) -> vec2f {
  let grid = grid_of(low, high, params.clip);
  if (is_broken(grid.scale)) { return vec2f(grid.scale); }
  if (is_broken(v)) { return vec2f(v); }
  let side = side_of(v, grid);
  let u = (v - grid.base) / grid.scale;
  let residual = rounded(u) - u;
  let end = ends(low, high, params.clip);
  switch CODE {
    case 0u: {
      if (grid.empty) { return vec2f(0); }
      let slope = select(select(residual, params.top, side > 0), params.least, side < 0) * params.clip / params.top;
      return select(vec2f(0, slope * sign(high)), vec2f(slope * sign(low), 0), abs(low) > abs(high));
    }
    case 1u: {
      if (grid.empty) { return vec2f(0); }
      let delta = (grid.zero + end.x / grid.scale) / params.top;
      let inside = vec2f(-residual, residual) / params.top;
      let outside = select(vec2f(1 + delta, -delta), vec2f(delta, 1 - delta), side > 0);
      return select(outside, inside, side == 0) * select(vec2f(0), vec2f(params.clip), vec2<bool>((low < 0.0), (high > 0.0)));
    }
    default: {
      let inside = select(vec2f(-residual, residual) / params.top, vec2f(0), grid.empty);
      let outside = select(vec2f(1, 0), vec2f(0, 1), side > 0 && !grid.empty);
      let own = select(outside, inside, side == 0);
      return 0.5 * (1 + params.clip) * own + 0.5 * (1 - params.clip) * own.yx;
    }
  }
}

@compute @workgroup_size(WG)
fn slopes(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, WG);
  let lane = thread % LANES;
  let segment = thread / LANES;
  let row = segment / params.across;
  let column = segment % params.across;
  let first = column * params.tile_cols;
  let end = min(first + params.tile_cols, params.cols);
  var sum = vec2f(0);
  if (is_live(row)) {
    let at = cell_row(row) * params.range_stride + column;
    let low = ranges[at];
    let high = ranges[at + params.range_rows * params.range_stride];
    for (var c = first / 4u + lane; c < (end + 3u) / 4u; c += LANES) {
      let d = dressed(x[row * params.stride + c], row, c);
      for (var j = 0u; j < 4u; j++) {
        let place = 4u * c + j;
        if (place < first || place >= end || d.kept[j]) { continue; }
        sum += g[row * params.stride + c][j] * d.factor[j] * slopes_of(d.value[j], low, high);
      }
    }
  }
  if (LANES > 1u) {
    partials[local] = sum;
    workgroupBarrier();
    sum = vec2f(0);
    for (var i = 0u; i < LANES; i++) { sum += partials[local - lane + i]; }
  }
  if (lane > 0u || row >= params.rows) { return; }
  pairs[row * params.pair_stride + column] = sum.x;
  pairs[(params.rows + row) * params.pair_stride + column] = sum.y;
}
