import type { images as english } from './image-words';
import type { Said } from './language/in-language';

export const images: Said<typeof english> = {
  windows: {
    text: { windows: '窗口', tokens: '词元' },
    classification: { windows: '图像', tokens: '图像块' },
    diffusion: { windows: '带噪图像', tokens: '图像块' },
  },
  recipe: {
    sources: { file: '图像文件', random: '噪声' },
    file: '文件',
    noFile: '模型旁没有图像',
    following: (file) => `${file} 的后续部分`,
    heldOutHelp: '从不用于校准。留出误差、准确率和 KL 都在其上测量。',
    add: '添加图像',
    addHelp: '.npz，含数组 "images"（N × 边长 × 边长 × 通道，字节）和 "labels"',
    missing: '请选择一个图像文件，或添加一个。',
    trajectories: '网络自身的轨迹',
    trajectoriesHelp:
      '不需要数据：由全精度网络从噪声生成图像，途中每一步遇到的内容（带类别与不带类别）就是各方法的校准数据。',
    trajectoriesHeldOut: '取自其他轨迹的带噪图像。留出误差和预测噪声的误差都在其上测量。',
    sampling: '采样',
    samplingHelp: '图像的生成方式：既用于上面的轨迹，也用于结束时由每一行从相同噪声出发依次生成各类图像。',
    steps: '步数',
    stepsHelp: '取自网络训练时的步数；越少越快，也越粗糙。',
    guidance: '引导强度',
    guidanceHelp: '无分类器引导的强度：1 表示不引导，用时减半。',
    sampler: '采样器',
    samplers: { ddpm: 'DDPM', ddim: 'DDIM' },
    images: '图像数',
    imagesHelp: '由全精度和每一行分别采样；Fréchet 距离需要很多图像。',
    planSamples: '采样',
    planSamplesValue: (images, steps, rows) => `${rows} × ${images} 幅图像，${steps} 步`,
  },
  evaluating: {
    text: '正在留出文本上测量困惑度和 KL',
    classification: '正在留出图像上测量准确率和 KL',
    diffusion: '正在用每一行从相同噪声采样图像',
  },
  compare: {
    images: '图像',
    tableHint: {
      text: '各误差列均为越低越好。点击列标题可排序。',
      classification: '准确率越高越好，误差和 KL 越低越好。点击列标题可排序。',
      diffusion: '各误差与距离均为越低越好。点击列标题可排序。',
    },
    accuracyLine: (accuracy, low, high, images) =>
      `全精度：${images} 幅留出图像中答对 ${accuracy}（95% 区间 ${low} – ${high}）。`,
    klLine: 'KL 指类别概率相对全精度的差异，按每幅图像计。',
    notEvaluated: '这次运行在测量图像之前就结束了。',
    diffusionLine: (noisy) =>
      `三项都与全精度比较，全精度自身均为 0。噪声误差：在 ${noisy} 幅留出的带噪图像上，预测噪声的均方差。轨迹误差：从相同噪声采样时，每一步图像的均方差。`,
    frechetLine: (images, network) =>
      `Fréchet 距离：双方各 ${images} 幅图像的特征之间的距离，特征由工作室自带的 ${network} 提取。`,
    fewImages: '图像数少于特征数时，它只是参考，且只能在本表内比较。',
    noFrechet: '没有 Fréchet 距离：工作室自带的分类器只接受 16 × 16 的 RGB 图像；这些图像不是，或者分类器未能加载。',
    oneSeed: '只有一个种子：换一份噪声，数字会不同。',
  },
  samples: {
    title: '相同噪声生成的图像',
    hint: (steps, sampler, guidance) =>
      `每列是一份噪声和一个类别；${sampler} ${steps} 步，引导强度 ${guidance}。各行与全精度相差多少，数字见上表。`,
    hintShort: '每列是一份噪声和一个类别。各行与全精度相差多少，数字见上表。',
    grid: '采样的图像，每行一种方法',
    full: '全精度',
    fullBy: '全精度',
    className: (name, label) => name ?? `类别 ${label}`,
    alt: (count, classes, by) => `${count} 幅图像（${classes}），由 ${by} 采样`,
    range: (first, last, total) => `第 ${first} 至 ${last} 幅，共 ${total} 幅`,
    next: '后一组图像',
    previous: '前一组图像',
    downloadOf: (by) => `将 ${by} 的图像下载为 PNG`,
    downloadAll: '下载为 PNG',
    latents: '这个网络在潜空间中工作；把潜变量变成图像的解码器不属于它。',
  },
  summary: {
    accuracy: (label, value, full) => `准确率最高：${label}，${value}${full === '' ? '' : `（全精度 ${full}）`}`,
    inseparable: (labels, images) => `在 ${images} 幅图像上与 ${labels} 无法区分`,
    trajectory: (label, value) =>
      `从相同噪声出发，${label} 与全精度的图像最接近（轨迹误差 ${value}；只有一份噪声，因此没有区间）。`,
  },
};
