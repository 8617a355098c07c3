// How undecided the mixtures of several layers are: Σ_i Σ_j f(r_ij) over free sub-vectors i, f(r) = 1 − |2r − 1| with SHARP, else
// r (1 − r). Entry points:
//   partial:  each of `threads` threads takes its share of one layer's sub-vectors: partials[first + thread] = (Σ f, how many are free).
//   finish:   loss = gate · Σ f / count and weight = gate / count, 1 × 1 with their padding, from `threads` partials. count: `points`, or
//             with PER_FREE what is free (at least 1). gate: 1; with GATED 1 where Σ f / count exceeds `least`, the smallest it has been since
//             a step with `restart`, else 0.
//   ratios: rows × stride, N side by side.   frozen: one u32 a sub-vector, 0 for free.   least: 1 × 1, kept from step to step.
// Grid: threads / 64 workgroups; one of 64 threads for `finish`, with 512 bytes of workgroup memory and one barrier.
override N: u32 = 2;
override SHARP: bool = false;
override PER_FREE: bool = false;
override GATED: bool = false;
struct Params { rows: u32, subs: u32, stride: u32, threads: u32, first: u32, points: f32, restart: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ratios: array<f32>;
@group(0) @binding(2) var<storage, read> frozen: array<u32>;
@group(0) @binding(3) var<storage, read_write> partials: array<vec2f>;
// Of `finish`, which has bindings of its own.
@group(0) @binding(1) var<storage, read> sums: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;
@group(0) @binding(3) var<storage, read_write> weight: array<f32>;
@group(0) @binding(4) var<storage, read_write> least: array<f32>;

@compute @workgroup_size(64)
fn partial(@builtin(global_invocation_id) id: vec3u) {
  var total = vec2f(0);
  let points = params.rows * params.subs;
  for (var i = id.x; i < points; i += params.threads) {
    if (frozen[i] > 0u) { continue; }
    let at = (i / params.subs) * params.stride + (i % params.subs) * N;
    var sum = 0.0;
    for (var j = 0u; j < N; j++) {
      let r = ratios[at + j];
      sum += select(r * (1.0 - r), 1.0 - abs(2.0 * r - 1.0), SHARP);
    }
    total += vec2f(sum, 1.0);
  }
  partials[params.first + id.x] = total;
}

var<workgroup> lanes: array<vec2f, 64>;

@compute @workgroup_size(64)
fn finish(@builtin(local_invocation_index) lane: u32) {
  var total = vec2f(0);
  for (var i = lane; i < params.threads; i += 64u) { total += sums[i]; }
  lanes[lane] = total;
  // Everything but the first value is padding.
  loss[lane] = 0.0;
  weight[lane] = 0.0;
  workgroupBarrier();
  if (lane > 0u) { return; }
  for (var i = 1u; i < 64u; i++) { total += lanes[i]; }
  let count = select(params.points, max(total.y, 1.0), PER_FREE);
  let mean = total.x / count;
  var gate = 1.0;
  if (GATED) {
    let before = select(least[0], 3.4e38, params.restart == 1u);
    gate = select(0.0, 1.0, mean > before);
    least[0] = min(mean, before);
  }
  loss[0] = gate * mean;
  weight[0] = gate / count;
}
