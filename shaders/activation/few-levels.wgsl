// Values at two or three levels of their group's mean magnitude m: of `tokens` neighbouring rows of a window, column by column (VidKV,
// arXiv 2503.16257).   x, y: rows × cols; rows that are not live are not written. Strides count floats. The override LEVELS chooses:
//   2: m where x ≥ 0, else −m      3: m·sign(x) where |x| > m / 2, else 0
// Grid: one thread a group of a column, linear. No workgroup memory.
//#include "common/index"
struct Params { groups: u32, cols: u32, stride: u32, length: u32, pitch: u32, tokens: u32, tiles: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

override LEVELS: u32 = 2;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.groups) { return; }
  let c = i % params.cols;
  let tile = i / params.cols % params.tiles;
  let window = i / params.cols / params.tiles * params.pitch;
  let first = tile * params.tokens;
  let end = min(first + params.tokens, params.length);
  var sum = 0.0;
  for (var t = first; t < end; t++) { sum += abs(x[(window + t) * params.stride + c]); }
  let mean = sum / f32(end - first);
  for (var t = first; t < end; t++) {
    let at = (window + t) * params.stride + c;
    let signed = select(-mean, mean, x[at] >= 0.0);
    y[at] = select(signed, 0.0, LEVELS == 3u && abs(x[at]) <= 0.5 * mean);
  }
}
