// The largest value of each channel in a window. Pixels are rows, image after image and row by row.
//   x: (images · height · width) × channels → y: (images · out_height · out_width) × channels
// What lies outside of the image is not looked at, as torch pads with −∞; every window lies at least in part within it. NaN and infinity
// are found by their bits: where a window holds any, y is their sum.
// `vectors` counts the vec4 of the padded y, lanes those of a row. Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
//#include "common/finite"
struct Params {
  vectors: u32,
  rows: u32, // of y
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
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let pixel = at / params.lanes;
  let lane = at % params.lanes;
  if (pixel >= params.rows) {
    y[at] = vec4f(0);
    return;
  }
  let image = pixel / params.out_width / params.out_height * params.height;
  // Wrap past the image above and to the left of it.
  let top = pixel / params.out_width % params.out_height * params.step - params.margin;
  let left = pixel % params.out_width * params.step - params.margin;
  var largest = vec4f(-3.4028234e38);
  var damage = vec4f(0);
  for (var i = 0u; i < params.side; i++) {
    for (var j = 0u; j < params.side; j++) {
      if (top + i >= params.height || left + j >= params.width) { continue; }
      let value = x[((image + top + i) * params.width + left + j) * params.lanes + lane];
      damage += select(vec4f(0), value, broken(value));
      largest = max(largest, value);
    }
  }
  y[at] = select(largest, damage, broken(damage));
}
