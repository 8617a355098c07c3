// The unit of each row of progressive groups (src/numerics/progressive.ts): its largest magnitude over `most`, rounded to the 11 significant
// bits of an F16, halves up, so that products with whole numbers of 8 bits are exact.
//   weights: cols × rows (transposed working copy); units: 1 × rows.
// Grid: ceil((past_row − first_row) / LANES) workgroups; one thread a row; no workgroup memory.
override LANES: u32 = 64;
struct Params { first_row: u32, past_row: u32, cols: u32, stride: u32, most: f32, floor: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> units: array<f32>;

const EMPTY = 1e-5; // the magnitude that a row of zeros is given, as in fit-grid

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.past_row) { return; }
  var reach = 0.0;
  for (var c = 0u; c < params.cols; c++) { reach = max(reach, abs(weights[c * params.stride + row])); }
  let unit = select(max(reach, params.floor), EMPTY, reach == 0.0) / params.most;
  units[row] = bitcast<f32>((bitcast<u32>(unit) + 0x1000u) & 0xffffe000u);
}
