import * as format from '../format';
import type { Said } from '../language/in-language';
import type { shared as english } from './words';

const places = (n: number, unit: 'layer' | 'block') => `${format.integer(n)} 个${unit === 'layer' ? '层' : '块'}误差`;

export const shared: Said<typeof english> = {
  title: '作者的数据',
  reading: '正在读取链接…',
  lead: (model) =>
    `这是链接中给出的 ${model} 的数据。它们不是在这里计算的，也没有人核对过：在这里运行这份配方，页面会告诉您，您的数据与它们相差多少。`,
  noteTitle: '作者附言',
  fault: (why) => `这个链接有一部分无法读取：${why}。`,
  facts: {
    title: '这些数据的来历',
    model: '模型',
    parameters: (n) => `${n} 个参数`,
    fingerprint: '指纹',
    files: '文件',
    fileText: (name, bytes, digits, sliced) => `${name} · ${bytes} · ${sliced ? '分片' : ''} SHA-256 ${digits}…`,
    data: '数据',
    dataText: (calibration, heldOut, seed) => `${calibration}，在 ${heldOut} 上评估；种子 ${seed}`,
    machine: '计算',
    machineText: (adapter, date, engine) => `${date}，${adapter}，引擎版本 ${engine}`,
    rounding: '舍入',
    roundingText: (errors, digits) => `误差精确到其数值的 ${errors}，其他数据保留 ${digits} 位有效数字`,
  },
  here: {
    title: '在这里运行',
    text: '用相同的模型运行相同的配方。目前什么都没有运行；在您按下按钮之前，您自己的配方保持不变，之后也可以恢复。',
    run: '在这里运行',
    runSample: (title) => `在这里用 ${title} 运行`,
    running: '正在这里运行。完成后，本页会告诉您，您的数据与它们相差多少。',
    toRun: '查看运行',
    noGpu: '运行需要 WebGPU，而这里没有。本页的所有内容没有它也能阅读。',
    busy: '另一次运行正在进行；结束后即可开始。',
    noRecipe: '链接中没有本页能运行的配方，因此数据只能阅读。',
    needModel: (name, print) =>
      `要运行它，请先打开 ${name}：把它的文件拖到本页任意位置。指纹以 ${print} 开头，就是正确的模型。`,
    namesake: (name) => `这里存有 ${name}，但它与作者的模型不同。`,
    needFiles: (files) => `配方还要读取模型旁的 ${files}，目前还没有：请把它拖到“配方”页面。`,
    library: '前往模型库',
    toBench: '把这份配方放到工作台',
  },
  difference: {
    title: '您的数据与作者的数据',
    none: '这个浏览器中还没有用这份配方在这个模型上的运行。',
    same: '在链接给出的精度内，您这次运行的每个数据都与作者一致。',
    other: '您的运行与作者的不同。',
    sameFiles: (n) =>
      n === 1 ? '模型文件的 SHA-256 相同。' : `模型的全部 ${format.integer(n)} 个文件的 SHA-256 都相同。`,
    otherFile: {
      other: (name) => `${name} 在这里与那里不同。`,
      'only theirs': (name) => `那里有 ${name}，这里没有。`,
      'only ours': (name) => `这里有 ${name}，那里没有。`,
    },
    ofMetric: (metric, within, all, unit) =>
      within === all
        ? `${metric}：全部 ${places(all, unit)}在链接的舍入范围内一致。`
        : `${metric}：${places(all, unit)}中有 ${format.integer(within)} 个在链接的舍入范围内一致。`,
    worst: (row, place, ours, theirs, share) =>
      `相差最大的是 ${row} 的 ${place}：这里 ${ours}，作者 ${theirs}，相差 ${share}。`,
    missing: (rows) => `您的运行中没有这一行：${rows}。`,
    why: '不同的图形适配器按不同的顺序相加，因此少数权重可能舍入到另一侧；差异较大则说明数据、模型或引擎版本不同。',
    engines: (ours, theirs) => `引擎不同：这里是版本 ${ours}，作者是版本 ${theirs}。较新的版本可能给出不同的数字。`,
    ends: '端到端',
    columns: { row: '行', measure: '指标', ours: '这里', theirs: '作者', away: '相差' },
    within: '在舍入范围内',
    chart: '与作者数据的差异，逐层',
    axis: '与作者的差异，占其数值的 %',
    axisShort: '差异，%',
    chartSummary: (metric, worst, rounding) =>
      `${metric}：最大差异为作者数值的 ${worst}；链接自身的舍入最大为 ${rounding}。`,
    rounding: '链接的舍入：低于它的差异没有意义',
    metric: '误差种类',
  },
};
