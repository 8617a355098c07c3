// Partial sums of one scalar over whole matrices: one f32 a workgroup. The host adds them in float64 (src/tensor/reduce.ts).
//   a, b: `count` vec4 each, zero padding included, since it adds nothing;  partials[first_partial + workgroup].
// The term is chosen by the override TERM:  0: a·b   1: (a − b)²   2: 1 where a is NaN or infinite, 3: 1 where a is not 0 (b is not looked at).
// Grid: (workgroups) of WG threads, each workgroup over `span` neighbouring vec4. Workgroup memory: 4·WG bytes, one barrier.
// The order is fixed: a lane adds runs of 16 vec4, then the runs, then its four components; lane 0 adds the lanes.
// Short runs keep the rounding error of a long sum near that of a pairwise one.
struct Params {
  count: u32,
  span: u32,
  first_partial: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
// Bound as bits: WGSL may assume that a float is not NaN, so only the bits can tell.
@group(0) @binding(1) var<storage, read> a: array<vec4u>;
@group(0) @binding(2) var<storage, read> b: array<vec4u>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

override WG: u32 = 64;
override TERM: u32 = 0;
const RUN = 16u;

var<workgroup> lane_sums: array<f32, WG>;

fn term(i: u32) -> vec4f {
  switch TERM {
    case 0u: { return bitcast<vec4f>(a[i]) * bitcast<vec4f>(b[i]); }
    case 1u: {
      let difference = bitcast<vec4f>(a[i]) - bitcast<vec4f>(b[i]);
      return difference * difference;
    }
    case 3u: { return select(vec4f(0), vec4f(1), (a[i] & vec4u(0x7fffffffu)) != vec4u(0)); }
    // All eight exponent bits set: NaN or infinity.
    default: { return select(vec4f(0), vec4f(1), (a[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u)); }
  }
}

@compute @workgroup_size(WG)
fn reduce(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * params.span;
  let end = min(first + params.span, params.count);
  var total = vec4f(0);
  for (var start = first + lane; start < end; start += RUN * WG) {
    var run = vec4f(0);
    for (var i = start; i < min(start + RUN * WG, end); i += WG) { run += term(i); }
    total += run;
  }
  lane_sums[lane] = (total.x + total.y) + (total.z + total.w);
  workgroupBarrier();
  if (lane == 0u) {
    var sum = 0.0;
    for (var i = 0u; i < WG; i++) { sum += lane_sums[i]; }
    partials[params.first_partial + group.x] = sum;
  }
}
