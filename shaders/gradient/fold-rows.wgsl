// The way back from a spread (model/spread.wgsl): y[i, :] = alpha · sum of a[r, :] (· b[r, :] where PRODUCT is 1) over the rows r < rows
// with (r div divisor) mod period = i, in their order.   a, b: rows × cols; y: period × cols.
// `vectors` counts the vec4 of the padded y, stride those of a row; padding is written as zero.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, divisor: u32, period: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

override PRODUCT: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let i = at / params.stride;
  let column = at % params.stride;
  var sum = vec4f(0);
  if (i < params.period) {
    for (var first = i * params.divisor; first < params.rows; first += params.divisor * params.period) {
      let end = min(first + params.divisor, params.rows);
      for (var r = first; r < end; r++) {
        let here = r * params.stride + column;
        if (PRODUCT == 1u) { sum += a[here] * b[here]; } else { sum += a[here]; }
      }
    }
  }
  y[at] = params.alpha * sum;
}
