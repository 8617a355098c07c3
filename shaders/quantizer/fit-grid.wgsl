// Fits scale and zero of (row, group) pairs to the current weights, optionally with the clip search (80 shrunken ranges, the one
// with the least Σ|error|^2.4 wins). As the weight quantizer of the QuaRot and GPTAQ releases, which take no range for smaller than 1e-5:
// `floor` is that where they are followed, and else so small that scales stay normal numbers.
//   weights: cols × rows (transposed working copy), grid: (2·groups) × rows, written at groups first_group … first_group + count − 1.
//   Group g covers columns g·size … min(g·size + size, cols) − 1; `place` says at which row of weights each stands.
// Grid: ceil((past_row − first_row) / LANES) × count workgroups; one thread a (row, group); no workgroup memory.
//#include "quantizer/affine"
override LANES: u32 = 64;
struct Params {
  first_row: u32, past_row: u32, cols: u32, stride: u32,
  first_group: u32, groups: u32, size: u32,
  grid_stride: u32,
  top: f32,          // 2^bits − 1
  symmetric: u32,
  search: u32,
  floor: f32,        // least range, above 0
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> place: array<u32>;
@group(0) @binding(3) var<storage, read_write> grid: array<f32>;

const STEPS = 80u;
const EMPTY = 1e-5;    // the largest magnitude that a symmetric grid of zeros is made for
const SMALL = 9.5367431640625e-7; // 2^−20: below it |error|^2.4 nears the end of f32

// What errors are multiplied by before they are raised: 1, or for tiny weights the power of two that brings them near 1.
fn unit_of(low: f32, high: f32) -> f32 {
  let reach = max(-low, high);
  if (reach >= SMALL || reach == 0.0) { return 1.0; }
  return bitcast<f32>((254u - max(bitcast<u32>(reach) >> 23u, 1u)) << 23u);
}

fn shrunken(low: f32, high: f32, share: f32) -> Grid {
  let empty = low == 0.0 && high == 0.0;
  if (params.symmetric == 1u) {
    let half = (params.top + 1.0) * 0.5;
    let reach = select(max(max(-low, high), params.floor), EMPTY, empty);
    return Grid(share * reach / (half - 1.0), half);
  }
  let lo = select(low, -1.0, empty);
  let hi = select(high, 1.0, empty);
  let scale = share * max(hi - lo, params.floor) / params.top;
  return Grid(scale, round(-share * lo / scale));
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.past_row) { return; }
  let group = params.first_group + id.y;
  let begin = group * params.size;
  let end = min(begin + params.size, params.cols);

  var low = 0.0;
  var high = 0.0;
  for (var c = begin; c < end; c++) {
    let w = weights[place[c] * params.stride + row];
    low = min(low, w);
    high = max(high, w);
  }
  var best = shrunken(low, high, 1.0);
  if (params.search == 1u) {
    var least = 3.4e38;
    let unit = unit_of(low, high);
    for (var step = 0u; step < STEPS; step++) {
      let candidate = shrunken(low, high, 1.0 - f32(step) * 0.01);
      var error = 0.0;
      for (var c = begin; c < end; c++) {
        let w = weights[place[c] * params.stride + row];
        let e = unit * abs(round_to_grid(w, candidate, params.top).value - w);
        // |e|^2.4 = e²·e^0.4; zero apart, for log2(0) is undefined here.
        if (e > 0.0) { error += e * e * exp2(0.4 * log2(e)); }
      }
      if (error < least) {
        least = error;
        best = candidate;
      }
    }
  }
  grid[group * params.grid_stride + row] = best.scale;
  grid[(params.groups + group) * params.grid_stride + row] = best.zero;
}
