// Quantizers of one value: from a cell's range low … high to a grid, and from a value to its level. The override CODE chooses:
//   0 symmetric    s = max(|low|, |high|)·clip / top;                             s·clamp(r(v/s), least, top)
//   1 asymmetric   low' = min(0, low)·clip, high' = max(0, high)·clip, s = (high' − low')/top, z = r(−low'/s); s·(clamp(r(v/s) + z, 0, top) − z)
//   2 float offset s = (high' − low')/top about the range's middle;               s·clamp(r((v − low')/s), 0, top) + low'
//   3 logarithmic  δ = high·clip, n = r(−detail·log2(v/δ)) ≥ 0;                   δ·2^(−n/detail), 0 where v ≤ 0 or n ≥ top
//   4 split        δ = high·clip; steps of 1/top of δ above detail·δ, of detail/top below
//   5 signs        steps high/top above 0 and below it a power of two times that, the least that reaches low
//   6 float        s = max(|low|, |high|)·clip / top;  s times the nearest number of `mantissa` bits, least exponent `exponent`, at most top
// r is half to even, or half away from zero with the override AWAY. A range that is not finite gives a scale that is not, and so levels.
// The including file declares `params` with top, least, detail, mantissa and exponent.
//#include "common/finite"
override CODE: u32 = 0;
override AWAY: u32 = 0;

// The least scale that is not 0: below it quotients leave f32.
const LEAST_SCALE = 7.52316384526264e-37; // 2^−120
const SQRT_HALF = 0.7071067811865476;

struct Grid { scale: f32, zero: f32, base: f32, empty: bool }

fn rounded(v: f32) -> f32 {
  if (AWAY == 1u) { return sign(v) * floor(abs(v) + 0.5); }
  return round(v);
}

// 2^e for −126 ≤ e ≤ 127.
fn power_of_two(e: i32) -> f32 { return bitcast<f32>(u32(e + 127) << 23u); }

fn ends(low: f32, high: f32, clip: f32) -> vec2f {
  switch CODE {
    case 1u: { return vec2f(min(low, 0.0), max(high, 0.0)) * clip; }
    case 2u: {
      let near = 0.5 * (1 + clip);
      let far = 0.5 * (1 - clip);
      return vec2f(low * near + high * far, high * near + low * far);
    }
    default: { return vec2f(low, high) * clip; }
  }
}

fn grid_of(low: f32, high: f32, clip: f32) -> Grid {
  if (is_broken(low)) { return Grid(low, 0.0, 0.0, false); }
  if (is_broken(high)) { return Grid(high, 0.0, 0.0, false); }
  let end = ends(low, high, clip);
  switch CODE {
    case 1u: {
      let empty = end.x == 0.0 && end.y == 0.0;
      let start = select(end.x, -1.0, empty);
      let width = select(end.y, 1.0, empty) - start;
      return Grid(max(width / params.top, LEAST_SCALE), round(-start / width * params.top), 0.0, empty);
    }
    case 2u: {
      let empty = end.x == end.y;
      return Grid(select(max((end.y - end.x) / params.top, LEAST_SCALE), 1.0, empty), 0.0, end.x, empty);
    }
    case 3u, 4u: { return Grid(max(end.y, 0.0), 0.0, 0.0, end.y <= 0.0); }
    case 5u: {
      let above = max(end.y, 0.0) / params.top;
      let below = max(-end.x, 0.0) / params.top;
      if (above < LEAST_SCALE || below < LEAST_SCALE) { return Grid(above, below, 0.0, false); }
      let bits = bitcast<u32>(below / above);
      let exponent = (bits >> 23u) + select(0u, 1u, (bits & 0x7fffffu) != 0u);
      return Grid(above, above * bitcast<f32>(exponent << 23u), 0.0, false);
    }
    default: {
      let reach = max(abs(end.x), abs(end.y));
      return Grid(select(max(reach / params.top, LEAST_SCALE), 1.0, reach == 0.0), 0.0, 0.0, reach == 0.0);
    }
  }
}

// The affine code of a value before it is clamped.
fn free_code(v: f32, grid: Grid) -> f32 { return rounded((v - grid.base) / grid.scale) + grid.zero; }

fn level(v: f32, grid: Grid) -> f32 {
  if (is_broken(v)) { return v; }
  if (is_broken(grid.scale)) { return grid.scale; }
  switch CODE {
    case 0u, 1u, 2u: {
      return grid.scale * (clamp(free_code(v, grid), params.least, params.top) - grid.zero) + grid.base;
    }
    case 3u: {
      if (v <= 0.0 || grid.empty) { return 0.0; }
      let share = v / grid.scale;
      if (share < 1.1754944e-38) { return 0.0; }
      let n = max(rounded(-params.detail * log2(share)), 0.0);
      // Past 126 octaves there is nothing in f32; an odd number of half octaves leaves one.
      let octaves = floor(n / params.detail);
      if (n >= params.top || octaves > 126.0) { return 0.0; }
      return grid.scale * power_of_two(-i32(octaves)) * select(1.0, SQRT_HALF, octaves * params.detail < n);
    }
    case 4u: {
      if (v <= 0.0 || grid.empty) { return 0.0; }
      let share = v / grid.scale;
      let reach = select(params.detail, 1.0, share > params.detail);
      return grid.scale * reach * (min(rounded(share / reach * params.top), params.top) / params.top);
    }
    case 5u: {
      let step = select(grid.zero, grid.scale, v >= 0.0);
      if (step < LEAST_SCALE) { return 0.0; }
      return clamp(rounded(v / step), -params.top, params.top) * step;
    }
    default: {
      let u = v / grid.scale;
      let exponent = max(i32((bitcast<u32>(u) >> 23u) & 255u) - 127, params.exponent);
      let step = power_of_two(exponent - i32(params.mantissa));
      return grid.scale * clamp(rounded(u / step) * step, -params.top, params.top);
    }
  }
}
