// NaN and infinity by their bits: WGSL may assume that there is none, so no comparison finds one, and min, max and clamp may drop it.
// All eight exponent bits are set.
fn is_broken(x: f32) -> bool { return (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u; }

fn broken(v: vec4f) -> vec4<bool> { return (bitcast<vec4u>(v) & vec4u(0x7f800000u)) == vec4u(0x7f800000u); }

// y, but v itself where that is no number: so that what is clamped keeps it.
fn keeping(v: vec4f, y: vec4f) -> vec4f { return select(y, v, broken(v)); }

fn keeping_one(v: f32, y: f32) -> f32 { return select(y, v, is_broken(v)); }
