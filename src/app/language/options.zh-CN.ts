/** Options of methods and steps in Chinese, by their English: labels, what no number means, and help. */
export const options: Readonly<Record<string, string>> = {
  Bits: '比特',
  'Group size': '组大小',
  Symmetric: '对称',
  'Clip search': '截断搜索',
  Progressive: '渐进',
  'Act-order': 'act-order',
  'Static groups': '静态组',
  Damping: '阻尼',
  'Block size': '块大小',
  Variant: '变体',
  α: 'α',
  α2: 'α2',
  Codewords: '码字数',
  Dimension: '维数',
  Group: '组',
  'Group columns': '组的列数',
  'Codebook bits': '码本比特',
  Iterations: '迭代次数',
  'Scale block': '缩放块',
  Seed: '种子',
  Lookup: '查找',
  Start: '初始化',
  'Codebook update': '码本更新',
  'k-means iterations': 'k-means 迭代次数',
  Steps: '步数',
  Batch: '批大小',
  'Layer proxy': '按层代理',
  'Whole network': '整个网络',
  Pipeline: '流程',
  Rounds: '轮数',
  'Steps a round': '每轮步数',
  'Images a round': '每轮图像数',
  'Weight rate': '权重学习率',
  'Range rate': '范围学习率',
  Freezing: '冻结',
  'λ features': '特征 λ',
  Candidates: '候选数',
  'Ratio rate': '比例学习率',
  'Codeword step size': '码字步长',
  'Freeze at': '冻结阈值',
  'λ ratio': 'λ 比例',
  'Codebook-only steps': '仅码本步数',
  Signs: '符号',
  'Sign α': '符号 α',
  'Sign rate': '符号学习率',
  'Flip momentum': '翻转动量',
  'Freeze every': '冻结间隔',
  'Flip limit, first': '翻转界限（初）',
  'Flip limit, last': '翻转界限（末）',
  'Rounding rate': '舍入学习率',
  'λ rounding': 'λ 舍入',
  'Free share': '自由份额',
  'β, first': 'β（初）',
  'β, last': 'β（末）',
  'Learn ranges': '学习范围',
  'Weight step size': '权重步长',
  'Scale step size': '缩放因子步长',
  'Zero step size': '零点步长',
  'Clip rate': '截断学习率',
  'Hull every': '凸包间隔',
  'Hull step': '凸包步长',
  'Confirm from': '开始确认',
  'Row scales': '行缩放',
  'Fix at': '固定阈值',
  Matrix: '矩阵',
  Heads: '头',
  Online: '在线',
  Loss: '损失',
  Weights: '权重',
  Rate: '学习率',
  Scales: '缩放因子',
  'Rate of scales': '缩放因子学习率',
  Smooth: '平滑',
  Diagonal: '对角',
  Epochs: '轮数',
  Condition: '条件数',
  Norms: '归一化',
  Values: '值',
  Down: 'down',
  'Powers of two': '二的幂',
  Grid: '网格',
  'Shared heads': '共用头',
  Sweeps: '遍数',
  Thresholds: '阈值',
  Ranges: '范围',
  Budget: '预算',
  Measure: '度量',
  Keep: '保留',
  'Tie siblings': '同组绑定',
  Solver: '求解器',
  Windows: '窗口数',
  Per: '范围单位',
  Block: '块',
  Code: '编码',
  Observer: '观察器',
  Percentile: '百分位',
  Clip: '截断',
  'Keep above': '超过则保留',
  Strengths: '强度',
  Most: '最大值',
  'Divided by': '除以',
  'Bits of keys': '键的比特',
  'Bits of values': '值的比特',
  'Keys per': '键的范围单位',
  'Values per': '值的范围单位',
  'Before rotary positions': '位置编码之前',
  Residual: '残差窗口',
  Sinks: '汇聚词元',
  Outliers: '离群值',
  'Bits of the rest': '其余的比特',
  'Share of the rest': '其余的份额',
  Groups: '分组',
  'Smooth keys': '平滑键',
  'Smooth queries': '平滑查询',
  'Probabilities and values': '概率与值',
  Split: '分界',
  Operands: '操作数',
  Rank: '秩',
  'Bits on factors': '因子的比特预算',
  'Factor bits': '因子比特',
  Metric: '度量方式',
  Refit: '再拟合',
  Columns: '列数',
  Share: '份额',
  Shrink: '收缩',
  'Queries and keys': '查询和键',
  Target: '目标',
  'Learning rate': '学习率',
  Growth: '增长',
  'per row': '每行',
  'the layer': '整层',
  all: '全部',
  none: '无',
  '1/25 of the steps': '步数的 1/25',
  'window or head': '窗口或头',
  'as they are': '保持原样',
  'by bits': '按比特',
  'by share': '按份额',
  'Width of a code: 2 to 8.': '编码的宽度：2 到 8。',
  'Inputs that share one scale; per row means one scale for a whole output.':
    '共用一个缩放因子的输入数；每行表示整个输出用一个缩放因子。',
  'Levels mirror around zero and no zero point is stored; otherwise the grid spans minimum to maximum.':
    '各级关于零对称，不存零点；否则网格从最小值到最大值。',
  'mse shrinks each range over 80 steps and keeps the one with the least |error|^2.4.':
    'mse 用 80 步收缩每个范围，保留 |误差|^2.4 最小的一个。',
  'Scales of groups are whole multiples of an 8-bit unit of their row, so that codes decode to 8-bit integers (QServe); with a group size, levels of minimum to maximum and no clip search.':
    '各组的缩放因子是其所在行的 8 比特单位的整数倍，使编码可解码为 8 比特整数（QServe）；需要组大小，各级从最小值到最大值，不做截断搜索。',
  'Quantize columns by falling Hessian diagonal, so that the most active inputs are compensated by the rest.':
    '按海森矩阵对角线从大到小的次序量化各列，使最活跃的输入由其余的列来补偿。',
  'Fit all group scales before any compensation; with act-order this keeps a group’s inputs contiguous.':
    '在任何补偿之前拟合所有组的缩放因子；与 act-order 合用时，可使同组的输入保持相邻。',
  'Added to the Hessian diagonal as a share of its mean.': '加到海森矩阵对角线上的量，以其均值的份额计。',
  'Columns compensated in one pass before the rest is updated; results of the released variant depend on it.':
    '在更新其余部分之前一次补偿的列数；变体 released 的结果与它有关。',
  'released follows the published code; exact follows the derivation and does not depend on the block size.':
    'released 依照公开的代码；exact 依照推导，结果与块大小无关。',
  'Share of the input deviation that is compensated (0.25 in the published code, 1 in the paper).':
    '输入偏差中得到补偿的份额（公开代码为 0.25，论文为 1）。',
  'Share of the compensation-aware error that is compensated (0.25 in the published code).':
    '补偿感知误差中得到补偿的份额（公开代码为 0.25）。',
  'Share of the least-squares shift that is applied.': '最小二乘移动中实际采用的份额。',
  'Entries of a codebook, K; an index takes ⌈log₂ K⌉ bits.': '码本的条目数 K；一个索引占 ⌈log₂ K⌉ 比特。',
  'Neighbouring inputs that one index stands for, d.': '一个索引所代表的相邻输入数 d。',
  'Weights that share one codebook; a smaller group fits better and costs K · d codebook values each.':
    '共用一个码本的权重数；组越小拟合越好，但每组要付出 K · d 个码本值。',
  'Inputs that a group spans; its rows follow from the group’s number of weights.':
    '一组跨越的输入数；其行数由该组的权重数得出。',
  'What each codebook value is stored in: 8 is an integer with one step a codebook, 16 and 32 are floats.':
    '每个码本值的存储方式：8 为整数，每个码本一个步长；16 和 32 为浮点数。',
  'Rounds of assigning sub-vectors and moving codewords, at most; it stops when nothing moves.':
    '分配子向量并移动码字的最多轮数；不再移动时停止。',
  'Inputs of a row that share a 4-bit logarithmic scale, which is divided out before clustering.':
    '一行中共用一个 4 比特对数缩放因子的输入数，聚类之前先除去它。',
  'Where random choices start from; the same seed gives the same codes.': '随机选择的起点；相同的种子给出相同的编码。',
  'hessian weighs each input by its energy when codewords are chosen and moved; none treats all alike.':
    'hessian 在选择和移动码字时按每个输入的能量加权；none 一视同仁。',
  'The first codewords: spread out (kmeans++), evenly through the order of distance from the mean, or at random.':
    '最初的码字：分散选取（kmeans++），按与均值的距离次序均匀选取，或随机选取。',
  'released follows the published code; exact follows the derivation: lookups by the error that is carried on, codebooks by least squares.':
    'released 依照公开的代码；exact 依照推导：按转移的误差查找，码本用最小二乘求解。',
  'At the end refine all codebooks together on the layer’s output error, codes fixed.':
    '最后固定编码，针对层的输出误差一起精修所有码本。',
  'Rounds of k-means before training, at most; it stops when nothing moves.':
    '训练之前 k-means 的最多轮数；不再移动时停止。',
  'Minibatches that are trained on, one after another.': '依次训练的小批数。',
  'Windows or images a step; the layer proxy has no use for it.': '每步的窗口数或图像数；按层代理时不用它。',
  'Whose states are trained on: those that the quantized network meets, new ones each round, all steps mixed; full precision’s, mixed (parallel); or full precision’s in their order, one step after another (serial).':
    '用谁的状态训练：量化网络遇到的状态，每轮重新采样，打乱所有步（serial-to-parallel）；全精度网络的状态，打乱（parallel）；或全精度网络的状态，按顺序一步接一步（serial）。',
  'How often states are sampled anew; after each the held-out trajectories are looked at, and the best is kept.':
    '重新采样状态的次数；每轮之后在留出的采样轨迹上检验，保留最好的一轮。',
  'Minibatches that are trained on in a round, one after another.': '一轮中依次训练的小批次数。',
  'Trajectories from noise to picture that a round samples; each gives a state for every step of the sampler.':
    '一轮采样多少条从噪声到图像的轨迹；每条轨迹在采样器的每一步给出一个状态。',
  'Noisy images a step. With few, updates are noisy, which is where the pipelines differ.':
    '每步的带噪图像数。数量少时更新的噪声大，各流程的差别也在于此。',
  'Weight of the blocks’ outputs beside the network’s: each as a share of its own squares, their mean; 0: none.':
    '各块输出的损失相对于网络输出损失的权重：每块取其平方误差占自身平方的比例，再求平均；0 表示不用。',
  'About what a weight moves in a step, as a share of its layer’s mean grid step; falls by a cosine in each round.':
    '权重每步大约移动多少，以该层网格平均步长的比例计；每轮按余弦下降。',
  'The same of the ends of ranges, of weights and of inputs, as a share of their mean width.':
    '权重范围和输入范围端点的学习率，以其平均宽度的比例计。',
  'oscillation: a weight whose code keeps turning back and forth is frozen at the level where it mostly was, so that the others can settle; none: all weights are trained to the end.':
    'oscillation：编码来回变动的权重冻结在它大多数时候所在的级，使其余权重能够稳定；none：所有权重一直训练到底。',
  'Noise, and the order of the states.': '噪声，以及状态的顺序。',
  'Trains all layers at once, on what the network puts out and on what stands behind every block, instead of block after block.':
    '一次训练所有层：以整个网络的输出和每个块之后的状态为目标，而不是逐块训练。',
  'Weight of the blocks’ outputs beside the network’s, where the whole network is trained: each as a share of its own squares, their mean; 0: none.':
    '训练整个网络时，各块输出的损失相对于网络输出损失的权重：每块取其平方误差占自身平方的比例，再求平均；0 表示不用。',
  'Trains each layer alone on its Hessian-weighted error instead of whole blocks on their outputs.':
    '不按输出训练整个块，而是针对海森加权误差单独训练每一层。',
  'Nearest codewords that a sub-vector may choose from, n.': '一个子向量可以选择的最近码字数 n。',
  'released follows the published code (ratios by distance, codebooks after their layer); paper trains both at once from equal ratios.':
    'released 依照公开的代码（按距离的比例，码本在其层之后）；paper 从相等的比例开始，两者同时训练。',
  'Learning rate of the logits of the ratios.': '比例的 logits 的学习率。',
  'About what a codeword moves in a step, as a share of the layer’s root mean square weight.':
    '一个码字每步大约移动多少，以层权重均方根的份额计。',
  'A sub-vector is frozen at the codeword whose ratio is above this.': '比例高于此值时，子向量冻结在该码字。',
  'Weight of the ratio loss in units of the data’s loss before training; the released variant has none.':
    '比例损失的权重，以训练前的数据损失为单位；变体 released 没有它。',
  'Further steps in which only codebooks are trained, with all assignments fixed.':
    '之后只训练码本、所有分配固定的步数。',
  'Whether signs are learnt, or stay those of the weights; a bit each either way.':
    '符号是学习的，还是保持权重原来的符号；两者都占一比特。',
  'Latent signs start at this times the weight, in units of the layer’s mean weight; smaller ones flip sooner.':
    '潜在符号的初值为权重乘以此数，以层的平均权重为单位；越小越早翻转。',
  'Learning rate of the latent signs, falling by a cosine.': '潜在符号的学习率，按余弦下降。',
  'How much of a sign’s flip frequency is kept from step to step.': '符号翻转频率逐步保留的份额。',
  'Steps between two checks that freeze signs which flip too often; 500 in the paper, which trains for thousands.':
    '两次检查之间的步数，检查会冻结翻转过于频繁的符号；论文为 500，其训练有数千步。',
  'Flip frequency above which a sign is frozen at the first check.': '首次检查时，翻转频率高于此值的符号被冻结。',
  'What that limit falls to by a cosine.': '该界限按余弦下降到的值。',
  'Learning rate of the latent roundings V; 0.001 in the papers, which take 20 000 steps.':
    '潜在舍入 V 的学习率；论文为 0.001，其训练有 20 000 步。',
  'Weight of the term that draws roundings down or up, in units of what rounding to the nearest adds to the loss, a weight.':
    '把舍入拉向下或上的一项的权重，以就近舍入给损失增加的量（每个权重）为单位。',
  'Share of the steps in which roundings follow the data alone, before that term sets in.':
    '在该项起作用之前，舍入只依数据的步数份额。',
  'Exponent of that term when it sets in: large ones act only on what is nearly decided.':
    '该项开始时的指数：大的指数只作用于几乎已定的舍入。',
  'What that exponent falls to in a straight line, so that all is decided in the end.':
    '该指数沿直线下降到的值，使最后全部确定。',
  'What roundings and clips move in the first step, falling to nothing in a straight line; 0 means 1 / steps.':
    '舍入与截断在第一步移动的量，沿直线降到零；0 表示步数的倒数。',
  'Whether each group’s minimum and maximum may shrink with the roundings.':
    '每组的最小值和最大值是否可以随舍入一起收缩。',
  'About what a weight moves in a step, as a share of the layer’s root mean square weight.':
    '一个权重每步大约移动多少，以层权重均方根的份额计。',
  'About what a scale moves in a step, as a share of the layer’s mean scale.':
    '一个缩放因子每步大约移动多少，以层平均缩放因子的份额计。',
  'About what a zero point moves in a step before it is rounded, in levels; a symmetric grid’s does not move.':
    '零点在舍入之前每步大约移动多少级；对称网格的零点不动。',
  'Learning rate of γ and β, whose sigmoids multiply maximum and minimum; 0.005 to 0.01 in the released recipes, which take thousands of steps.':
    'γ 和 β 的学习率，其 sigmoid 乘以最大值和最小值；公开的配方为 0.005 到 0.01，其训练有数千步。',
  'Steps after which a sub-vector’s least used candidate may give way to a better codeword.':
    '经过这么多步，子向量最少使用的候选可以让位给更好的码字。',
  'How far against the gradient a better codeword is looked for, in units of the layer’s quantization error.':
    '逆着梯度寻找更好码字的距离，以层的量化误差为单位。',
  'Share of the steps before the first codewords are confirmed; from there the confirmed share rises evenly to all.':
    '确认首批码字之前的步数份额；此后确认的份额均匀上升到全部。',
  'Divides each row by its root mean square, stored as a 16-bit float, so that layers of any size can share codewords.':
    '把每行除以其均方根（存为 16 比特浮点数），使任何大小的层都能共用码字。',
  'A sub-vector is fixed at the codeword whose ratio is above this, which falls until all are fixed.':
    '比例高于此值时，子向量固定在该码字；此阈值逐渐下降，直到全部固定。',
  'Weight of the ratio loss in units of the data’s loss before training.': '比例损失的权重，以训练前的数据损失为单位。',
  'hadamard: random signs, then a Hadamard matrix; blocks: smaller ones side by side, for widths without one; orthogonal: any width.':
    'hadamard：随机符号，再乘 Hadamard 矩阵；blocks：较小的矩阵并排，用于没有 Hadamard 矩阵的宽度；orthogonal：任何宽度。',
  'Also turn the values of each head (R2).': '同时旋转每个头的值（R2）。',
  'down: a Hadamard transform before the projection that ends an MLP or a mixer (R4); all: also on queries and keys after rotary positions (R3). They run with the network, so that no ordinary checkpoint carries them.':
    'down：在 MLP 或混合器末端的投影之前做 Hadamard 变换（R4）；all：旋转位置编码之后的查询和键也做（R3）。它们随网络运行，因此普通检查点无法容纳。',
  'Of the random signs or matrix.': '随机符号或随机矩阵的种子。',
  'What it starts from. hadamard: random signs, then a Hadamard matrix; blocks: smaller ones side by side, for widths without one; orthogonal: any width.':
    '学习的起点。hadamard：随机符号，再乘 Hadamard 矩阵；blocks：较小的矩阵并排，用于没有 Hadamard 矩阵的宽度；orthogonal：任何宽度。',
  'Also learn a rotation of the values of each block’s heads (R2).': '同时学习每个块各头的值的旋转（R2）。',
  'kl: how far the network’s outputs are from full precision’s; task: next-token cross-entropy, as published, of language models alone.':
    'kl：网络的输出与全精度的相差多远；task：下一词元交叉熵，与论文相同，只用于语言模型。',
  'While it learns. auto, as published: kept where the row rounds activations and its method makes up for rounding by Hessians (GPTQ), else rounded.':
    '学习期间权重的状态。auto，与论文相同：该行舍入激活值且其方法用海森矩阵弥补舍入（GPTQ）时保持，否则舍入。',
  'Of learning; 0: what it starts from is kept. The paper takes 100 steps of 8 windows of 2048 tokens.':
    '学习的步数；0：保留起点。论文用 8 个 2048 词元的窗口走 100 步。',
  'Windows a step; the calibration windows are gone through in their order, again and again.':
    '每步的窗口数；校准窗口按顺序反复使用。',
  'Highest rate, 1.5 as published; it falls to 0 along a cosine. No step turns further than 1/‖A‖₁ lets it.':
    '最高学习率，论文为 1.5；按余弦降到 0。任何一步的旋转都不超过 1/‖A‖₁ 所允许的。',
  'Also learn a scale of each channel, between norms and what reads them, values and output, up and down, where nothing acts between while the network runs (OSTQuant, arXiv:2501.13987).':
    '同时学习每个通道的缩放因子：在归一化与读取它的层、值与输出、up 与 down 之间，只要网络运行时其间没有其他操作（OSTQuant，arXiv:2501.13987）。',
  'Highest rate of AdamW for their logarithms, 0.00179 as released; it falls to 0 along a cosine.':
    '其对数的 AdamW 最高学习率，公开代码为 0.00179；按余弦降到 0。',
  'Of what it starts from.': '起点的种子。',
  'Divide the rotated channels by scales of their own.': '把旋转后的通道除以各自的缩放因子。',
  'Share of the range that these scales move into weights.': '由这些缩放移到权重的范围份额。',
  'Of the random signs.': '随机符号的种子。',
  'What each factor is before it learns: a random orthogonal matrix, as released, or the identity.':
    '每个因子学习之前的样子：随机正交矩阵（与公开代码相同），或单位矩阵。',
  'Also learn a scale of each channel where one folds into the tensors before it; it starts as SmoothQuant’s with a strength of 0.3.':
    '同时学习每个通道的缩放因子，只要它能折入前面的张量；起点为强度 0.3 的 SmoothQuant 缩放。',
  'Times that the calibration windows are gone through in each block; 0: the start is kept.':
    '每个块中通过校准窗口的次数；0：保留起点。',
  'Windows a step.': '每步的窗口数。',
  'Highest learning rate of AdamW; it falls to a thousandth along a cosine.':
    'AdamW 的最高学习率；按余弦降到千分之一。',
  'Largest ratio of a transform’s singular values; 1: it stays orthogonal. It bounds what rounding to float32 may be magnified by.':
    '变换的奇异值的最大比值；1：保持正交。它限制了 float32 舍入可能被放大的倍数。',
  'Of the random matrices at the start.': '起点处随机矩阵的种子。',
  'Share of the range that moves into weights: 0.5 for OPT and BLOOM, 0.85 for Llama 2, 0.8 for Mistral.':
    '移到权重的范围份额：OPT 和 BLOOM 为 0.5，Llama 2 为 0.85，Mistral 为 0.8。',
  'Between a norm, or what steers a block, and the layers that read it.':
    '在归一化（或控制块的部分）与读取它的层之间。',
  'Between values and the output projection of attention; heads that share values share scales.':
    '在值与注意力的输出投影之间；共用值的头共用缩放因子。',
  'Between up and down of a gated MLP or one of ReLUs, where no online transform stands between; others have no such pair.':
    '在门控 MLP 或 ReLU 的 MLP 的 up 与 down 之间，其间没有在线变换；其他网络没有这样的配对。',
  'Scales to the nearest power of two, by which the network keeps every bit before it is quantized.':
    '缩放因子取最近的二的幂，使网络在量化之前每个比特都不变。',
  'Share of the keys’ range that moves into queries.': '键的范围中移到查询的份额。',
  'Exponents that are tried: 0, 1/n … (n − 1)/n.': '尝试的指数：0、1/n … (n − 1)/n。',
  'Also values that several heads share (grouped-query attention), by one scale for all of them; the release leaves those out.':
    '多个头共用的值（分组查询注意力）也缩放，共用一个缩放因子；公开代码不处理这些。',
  'Also give the columns of layers behind a norm, or behind what steers a block, equal ranges: the norm’s gain takes the scales, and has no range to keep.':
    '同时使归一化之后（或控制块的部分之后）各层的列范围相等：归一化的增益吸收缩放，没有范围需要保持。',
  'How often the pairs of a block are gone through at most: until no scale changes by more than a ten-thousandth.':
    '一个块的配对最多处理的遍数：直到没有缩放因子的变化超过万分之一。',
  'Also search the threshold above which channels are shrunk, by what the row’s own rounding loses of outputs.':
    '同时搜索收缩通道的阈值，依据该行自身的舍入使输出损失多少。',
  'How many are tried.': '尝试的个数。',
  'Of the activations’ codes, as the row’s activation step has them.': '激活值编码的比特，与该行的激活步骤一致。',
  'Of a channel: of three percentiles (0.999, 0.9999, 0.99999) that of least squared error, least and greatest, or two clips searched one after the other (after RepQuant).':
    '每个通道的范围：三个百分位（0.999、0.9999、0.99999）中平方误差最小的，最小值和最大值，或先后搜索的两个截断（依照 RepQuant）。',
  'All layers together take at most what they would with so many bits each, scales included; 2.5: half of 2 and half of 3 bits.':
    '所有层合计最多占用每个权重这么多比特时的总量，缩放因子也计入；2.5：一半按 2 比特，一半按 3 比特。',
  'What a layer is predicted to lose. hessian: tr ΔHΔᵀ of its inputs; output: the same relative to its outputs; weight: ‖Δ‖²/‖W‖², no data; kl: how far the network’s outputs move with this layer alone rounded; upgrade: how much nearer they come with this layer alone at more than the least width (exllamav3); gradient: the same to second order, by one backward pass; trace: HAWQ-V2’s mean curvature of a weight times ‖Δ‖², by the same pass.':
    '一层的预测损失。hessian：其输入的 tr ΔHΔᵀ；output：同一量相对其输出；weight：‖Δ‖²/‖W‖²，不需要数据；kl：只舍入这一层时网络输出移动多远；upgrade：只把这一层升到最小宽度以上时输出接近多少（exllamav3）；gradient：同一量的二阶近似，用一次反向传播；trace：HAWQ-V2 的每权重平均曲率乘以 ‖Δ‖²，用同一次传播。',
  'Widths that a layer may get.': '一层可以得到的宽度。',
  'A layer may also stay as it is, at the width in which the source stores it.':
    '一层也可以保持原样，按来源的存储宽度。',
  'Layers that read the same inputs (query, key and value; gate and up) get the same bits, as fused kernels ask.':
    '读取相同输入的层（查询、键和值；gate 和 up）得到相同的比特，融合内核有此要求。',
  'knapsack: the least sum of losses, exactly; minimax: the least loss of the worst layer (ModelOpt’s KL search); greedy: one upgrade after another, the best for its bits first (exllamav3).':
    'knapsack：损失之和最小，精确求解；minimax：最差的层损失最小（ModelOpt 的 KL 搜索）；greedy：逐一升级，每比特收益最大者优先（exllamav3）。',
  'kl, upgrade, gradient and trace: calibration windows that they run on, at most.':
    'kl、upgrade、gradient 和 trace 最多使用的校准窗口数。',
  'Width of a code: 2 to 16.': '编码的宽度：2 到 16。',
  'What shares a range: a token (with static ranges: the whole tensor), the whole tensor, a channel, a group of channels of a token, or a block of tokens and channels. Channels need static ranges.':
    '共用一个范围的单位：一个词元（静态范围时为整个张量）、整个张量、一个通道、一个词元的一组通道，或由词元和通道组成的块。按通道时需要静态范围。',
  'Channels of a token, or of a block, that share a range.': '一个词元或一个块中共用一个范围的通道数。',
  'Neighbouring tokens of a window that share a range, per block: all of them are there before the first is rounded.':
    '按块时，窗口中共用一个范围的相邻词元数：第一个舍入之前，它们都已在场。',
  'Of what comes out of an MLP’s GELU or ReLU; all else is uniform. signs: steps of their own below and above zero (PTQ4ViT); log2, log√2: powers of two or of its root, for ReLU, whose values are never negative.':
    '用于 MLP 的 GELU 或 ReLU 的输出；其余一律均匀。signs：零以下与零以上各有步长（PTQ4ViT）；log2、log√2：二的幂或其平方根的幂，用于值从不为负的 ReLU。',
  'dynamic: from the values themselves, as they come; static: from the calibration data, when the stage comes.':
    'dynamic：随到随算，取自值本身；static：到达该阶段时取自校准数据。',
  'How static ranges are found: least and greatest, a percentile, least squared error, or a moving average.':
    '静态范围的求法：最小值和最大值、百分位、最小平方误差，或移动平均。',
  'Share of the values inside the range, of the percentile observer.': 'percentile 观察器中，落在范围之内的值的份额。',
  'Levels mirror around zero; otherwise they span minimum to maximum.': '各级关于零对称；否则从最小值到最大值。',
  'Share of each range that is kept; QuaRot: 0.9.': '每个范围保留的份额；QuaRot：0.9。',
  'Channels of a window with a magnitude above this stay as they are, and count for no range (LLM.int8(): 6); 0: none. Bits of activations count them as if they were rounded.':
    '窗口中幅值超过此值的通道保持原样，不计入任何范围（LLM.int8()：6）；0：没有。激活值的比特数仍按舍入计。',
  'Share of the token: 1 is a scale for each token, 0 one for each channel.':
    '词元所占的份额：1 表示每个词元一个缩放因子，0 表示每个通道一个。',
  'Also search the range, of 20 shares of the widest, by least output error.':
    '同时搜索范围，尝试最宽范围的 20 个份额，取输出误差最小的。',
  'How many are tried, from none to twice a step.': '尝试的个数，从无到步长的两倍。',
  'Of the noise.': '噪声的种子。',
  'How much more than the least the token counts that receives most attention; 1: all count the same.':
    '得到注意力最多的词元比最少的多计多少；1：全部相同。',
  'Early tokens are seen by more queries: nothing, or how many see a token or the root of it, divides what it receives; of causal attention.':
    '较早的词元被更多查询看到：不除，或将所得注意力除以看到该词元的查询数或其平方根；用于因果注意力。',
  'Width of a key’s code: 2 to 16.': '键的编码宽度：2 到 16。',
  'Width of a value’s code: 2 to 16.': '值的编码宽度：2 到 16。',
  'What shares a range of keys: a channel of a head over neighbouring tokens, or a token’s channels in a head.':
    '键共用范围的单位：一个头的一个通道在相邻词元上，或一个词元在一个头中的各通道。',
  'What shares a range of values: a channel of a head over neighbouring tokens, or a token’s channels in a head.':
    '值共用范围的单位：一个头的一个通道在相邻词元上，或一个词元在一个头中的各通道。',
  'Tokens of a channel, or channels of a token, that share a range; without a number the whole window, or the whole head.':
    '共用一个范围的通道内词元数，或词元内通道数；不填则为整个窗口或整个头。',
  'float offset: least to greatest, which need not hold zero (KIVI, KVQuant); asymmetric: with a whole zero point (QuaRot); symmetric: around zero.':
    'float offset：从最小值到最大值，不必包含零（KIVI、KVQuant）；asymmetric：带整数零点（QuaRot）；symmetric：关于零对称。',
  'Share of each range that is kept; QuaRot: 0.95.': '每个范围保留的份额；QuaRot：0.95。',
  'Keys are quantized as they are before rotary positions, which a cache then applies at every use (KVQuant).':
    '键在旋转位置编码之前量化，缓存在每次使用时再施加位置编码（KVQuant）。',
  'Latest tokens that each query still reads in full precision, as a decoder does (KIVI: 128, in short windows 32); 0: every query reads quantized keys and values only.':
    '每个查询仍以全精度读取的最近词元数，与解码器相同（KIVI：128，短窗口中为 32）；0：每个查询只读量化的键和值。',
  'First tokens of a window that stay in full precision.': '窗口开头保持全精度的词元数。',
  'Share of the values of each range that stay as they are, half at either end (KVQuant: 0.01).':
    '每个范围中保持原样的值的份额，两端各一半（KVQuant：0.01）。',
  'Of keys and values of tokens that are looked at.': '被关注的词元的键和值的比特。',
  'Of keys and values of the tokens that are looked at least.': '最少被关注的词元的键和值的比特。',
  'How many tokens of a window are the rest, for each head of keys.': '对键的每个头，窗口中有多少词元属于其余部分。',
  'Of the probes: the last 5 % of the queries, and 5 % by chance.': '探测的种子：最后 5% 的查询，以及随机的 5%。',
  'From 1 to 2: what it is more than 1 is the share of channels with two bits.':
    '从 1 到 2：超过 1 的部分是用两比特的通道份额。',
  'Neighbouring tokens of a channel that share a range or a mean.': '一个通道中共用一个范围或均值的相邻词元数。',
  'Latest tokens that each query still reads in full precision, as a decoder does (VidKV: 128); 0: none.':
    '每个查询仍以全精度读取的最近词元数，与解码器相同（VidKV：128）；0：没有。',
  'Width of a query’s and a key’s code: 4 in the paper, 8 in its released functions.':
    '查询和键的编码宽度：论文为 4，其公开函数为 8。',
  'What shares a range: of blocks of 128 queries or 64 keys what a GPU’s thread holds, the whole block, or a token.':
    '共用范围的单位：在 128 个查询或 64 个键的块中，GPU 的一个线程所持有的部分、整个块，或一个词元。',
  'Take the mean over a window’s tokens out of keys: exact, for it adds the same to all scores of a query.':
    '从键中减去对窗口词元的均值：这是精确的，因为它给一个查询的所有得分加上同一个数。',
  'Take each block’s mean out of queries and add its scores, which are not quantized.':
    '从查询中减去每个块的均值，并加上其得分，该得分不量化。',
  'e4m3: in FP8, probabilities by each query’s largest and values per channel; full: as they are.':
    'e4m3：用 FP8，概率按每个查询的最大值，值按通道；full：保持原样。',
  'Width of a probability’s code; logarithmic codes gain nothing past 4.': '概率的编码宽度；对数编码超过 4 没有收益。',
  'logsqrt2: powers of √2 (RepQ-ViT); log2: powers of two; uniform: even steps; twin: small steps below the split, large ones above (PTQ4ViT).':
    'logsqrt2：√2 的幂（RepQ-ViT）；log2：二的幂；uniform：均匀步长；twin：分界以下步长小，以上步长大（PTQ4ViT）。',
  'unit: up to 1 for all; query: up to the largest probability of each query.':
    'unit：所有概率的上限为 1；query：上限为每个查询的最大概率。',
  'Where the twin code’s regions meet, as a share of the range.': 'twin 编码两个区域的分界，以范围的份额计。',
  'Bits of queries, keys and values, with a range a window and head; without a number they stay as they are.':
    '查询、键和值的比特，范围按窗口和头；不填则保持原样。',
  'Columns of the left factor; by bits means as many as the bits spent on factors buy, at least one.':
    '左因子的列数；按比特表示因子的比特预算能买到多少就取多少，至少一列。',
  'What factors may take, where no rank is said. At rank 32 they take 0.25 bits of a 4096 × 4096 layer, and 3.6 of a 288 × 288 one.':
    '没有指定秩时，因子可以占用的量。秩为 32 时，在 4096 × 4096 的层中占 0.25 比特，在 288 × 288 的层中占 3.6 比特。',
  'Width of a value of either factor: F16, or integers of 8 bits with a scale a rank.':
    '两个因子的值的宽度：F16，或 8 比特整数，每个秩一个缩放因子。',
  'What the branch is fitted by: plain, the weights as the paper has it; hessian, the layer’s outputs.':
    '分支拟合的对象：plain，权重，与论文相同；hessian，层的输出。',
  'Rounds of decomposing W − Q and rounding the rest, at most: the best is kept, and the first that is no better ends them.':
    '分解 W − Q 并舍入其余部分的最多轮数：保留最好的一轮，第一次没有改进时结束。',
  'Fit the branch once more to the codes that came out, where that makes the layer better.':
    '对得到的编码再拟合一次分支，若这样能改进该层。',
  'How many columns of each layer are kept; by share means that share of its inputs.':
    '每层保留多少列；按份额表示取其输入的相应份额。',
  'Share of a layer’s inputs whose columns are kept, at least one column, where no number is said.':
    '没有指定列数时，层的输入中保留其列的份额，至少一列。',
  'Width of a kept weight: F16 or F32.': '保留的权重的宽度：F16 或 F32。',
  'Levels are 1, 1 − 1/n, 1 − 2/n …': '尝试的各级为 1、1 − 1/n、1 − 2/n …',
  'Levels end before so much is clipped; 0 clips nothing.': '各级在截断这么多之前结束；0 表示不截断。',
  'Clip them too: the release leaves them out, because errors of both are multiplied.':
    '也截断它们：公开代码不处理，因为两者的误差会相乘。',
  'symmetric: the layer’s outputs on the row’s own inputs; asymmetric: its outputs in the full-precision stream, so that drift of the inputs is mended too.':
    'symmetric：层在该行自身输入上的输出；asymmetric：层在全精度流中的输出，从而也修补输入的漂移。',
  'Added to the Hessian diagonal where the asymmetric target is solved for, as a share of its mean.':
    '求解非对称目标时加到海森矩阵对角线上的量，以其均值的份额计。',
  'distribution: means and variances of the block’s output channels over the tokens of a step; outputs: the mean square of all that the outputs are off.':
    'distribution：一步的词元上，块输出各通道的均值和方差；outputs：全部输出偏差的均方。',
  'Passes over the calibration windows, block by block; 0 changes nothing.': '逐块通过校准窗口的遍数；0 表示不做改变。',
  'Of Adam, in the first block: how far a gain moves in a step, at most.':
    'Adam 在第一个块的学习率：增益每步最多移动多远。',
  'How much higher the rate is in the last block: errors gather with depth.':
    '最后一个块的学习率高多少：误差随深度累积。',
  'Calibration windows a step, or fewer where GPU memory does not reach.': '每步的校准窗口数；GPU 内存不足时更少。',
};
