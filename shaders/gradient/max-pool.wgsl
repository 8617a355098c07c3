// The way back through max-pool: g, the gradient of what was pooled, to dx, that of x. All of it goes to the largest value's place, of equals
// to the first in the window's order, as in torch. A pixel adds up what comes from the windows that hold it, in the order of the output pixels.
//   x, dx: (images · height · width) × channels; g: (images · out_height · out_width) × channels
// `vectors` counts the vec4 of the padded dx, lanes those of a row. Grid: one thread a vec4 of dx, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32,
  rows: u32, // of dx
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  side: u32,
  step: u32,
  margin: u32,
  lanes: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let pixel = at / params.lanes;
  let lane = at % params.lanes;
  if (pixel >= params.rows) {
    dx[at] = vec4f(0);
    return;
  }
  let row = pixel / params.width % params.height;
  let column = pixel % params.width;
  let image = pixel / params.width / params.height;
  let own = x[at];
  var sum = vec4f(0);
  // Each window that holds the pixel, by its place (a, b) in it, from the last, which is the first window.
  for (var a = params.side; a > 0; a--) {
    let above = row + params.margin + 1 - a; // wraps past the image, as do the others
    if (above % params.step != 0 || above / params.step >= params.out_height) { continue; }
    for (var b = params.side; b > 0; b--) {
      let before = column + params.margin + 1 - b;
      if (before % params.step != 0 || before / params.step >= params.out_width) { continue; }
      var chosen = vec4<bool>(true);
      for (var i = 0u; i < params.side; i++) {
        for (var j = 0u; j < params.side; j++) {
          let from_row = above - params.margin + i;
          let from_column = before - params.margin + j;
          if (from_row >= params.height || from_column >= params.width) { continue; }
          let value = x[((image * params.height + from_row) * params.width + from_column) * params.lanes + lane];
          let earlier = i < a - 1 || (i == a - 1 && j < b - 1);
          chosen = chosen & ((value < own) | (vec4<bool>(!earlier) & (value == own)));
        }
      }
      let out = (image * params.out_height + above / params.step) * params.out_width + before / params.step;
      sum += select(vec4f(0), g[out * params.lanes + lane], chosen);
    }
  }
  dx[at] = sum;
}
