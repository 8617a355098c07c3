// Which numbers of a row are among its `least` smallest, each divided by its column's divisor; the earlier first among equals (ZipCache's tokens
// of least salience, arXiv 2405.14256; VidKV's channels of least range, 2503.16257).
//   scores: rows × cols; divisors: 1 × cols, where one of 0 makes its column's numbers 0;  marks: a float a number, at scores' places:
//   1 for the least, else 0, or with the override OTHERS = 1 the other way round. Strides count floats. Padding of marks becomes 0.
// Grid: one thread a float of scores' rows with their padding, linear. No workgroup memory.
//#include "common/index"
struct Params { count: u32, cols: u32, stride: u32, least: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<f32>;
@group(0) @binding(2) var<storage, read> divisors: array<f32>;
@group(0) @binding(3) var<storage, read_write> marks: array<f32>;

override OTHERS: u32 = 0;

fn score(row: u32, c: u32) -> f32 {
  let divisor = divisors[c];
  return select(scores[row * params.stride + c] / divisor, 0.0, divisor == 0.0);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  let c = i % params.stride;
  var mark = 0.0;
  if (c < params.cols) {
    let own = score(row, c);
    var rank = 0u;
    for (var j = 0u; j < params.cols; j++) {
      let other = score(row, j);
      if (other < own || (other == own && j < c)) { rank++; }
    }
    mark = select(0.0, 1.0, (rank < params.least) != (OTHERS == 1u));
  }
  marks[i] = mark;
}
