/** Systems of papers in Chinese, by their English: what one would choose them for, and how far they are from the paper. */
export const papers: Readonly<Record<string, string>> = {
  'Four-bit weights on a fixed grid, each layer’s roundings chosen together.':
    '固定网格上的四比特权重，每层的舍入一起选定。',
  'Layer by layer on the Hessian of the row’s own inputs, which is the paper’s local loss over all calibration data at once; towards the same inputs’ outputs, where the released code takes the full-precision ones. Some hundred steps on the calibration windows instead of thousands on a large set.':
    '逐层进行，用该行自身输入的海森矩阵，即论文在全部校准数据上的局部损失；以同样输入的输出为目标，而公开的代码取全精度输入的输出。在校准窗口上训练数百步，而非在大数据集上训练数千步。',
  'Two- to four-bit weights on a fixed grid, each block’s roundings chosen together.':
    '固定网格上的二至四比特权重，每个块的舍入一起选定。',
  'AdaRound’s roundings on a block’s outputs, all layers of the block at once, inputs of the row’s own stream, as the released code has it by default; without weighing outputs by the squared gradient of the task, without activation steps and mixed precision. Some hundred steps on the calibration windows instead of thousands on a large set.':
    '针对块的输出使用 AdaRound 的舍入，块的各层同时进行，输入取自该行自身的流，与公开代码的默认设置相同；不以任务梯度的平方对输出加权，没有激活值步长和混合精度。在校准窗口上训练数百步，而非在大数据集上训练数千步。',
  'Four bits in groups from two hundred steps without a learning rate to choose.':
    '分组四比特，只需两百步，不必选择学习率。',
  'Three bits in groups whose ranges give up their ends where that costs the block least.':
    '分组三比特，各组范围在对块代价最小处舍弃两端。',
  'The paper’s way for weights alone, as its released recipes for Llama have it: clipping without the equivalent transformation. Some hundred steps on the calibration windows instead of thousands on a large set; constant rate.':
    '论文只量化权重的做法，与其公开的 Llama 配方相同：只截断，不做等价变换。在校准窗口上训练数百步，而非在大数据集上训练数千步；学习率恒定。',
  'Two bits in groups, weights and grid trained together, block by block.': '分组二比特，权重与网格逐块一起训练。',
  'The paper’s first phase alone: the second, scales trained end to end under fixed codes, is not in this row. Norms are not trained. Some hundred steps on the calibration windows instead of thousands on a large set.':
    '只有论文的第一阶段：第二阶段，即在固定编码下端到端训练缩放因子，不在这一行里。不训练归一化层。在校准窗口上训练数百步，而非在大数据集上训练数千步。',
  'The base of most quantization-aware training, without a training set.': '大多数量化感知训练的基础，不需要训练集。',
  'The paper trains the whole network on its task, with activations on learned steps as well; here weights alone, block by block on each block’s outputs, a step a row instead of one a layer, all layers at the same width.':
    '论文针对任务训练整个网络，激活值也用学习的步长；这里只有权重，逐块针对各块的输出训练，每行一个步长而非每层一个，所有层位宽相同。',
  'Four-bit weights and activations without outliers, from one random rotation and no training.':
    '四比特权重和激活值，没有离群值：只需一次随机旋转，不训练。',
  'Four bits for everything, with a small matrix learned before each layer.': '全部用四比特，每层之前学习一个小矩阵。',
  'A rotation that is learned for the rounding behind it, with asymmetric four-bit activations.':
    '针对其后的舍入而学习的旋转，激活值为非对称四比特。',
  'Rotations and scales of channels learned together, everywhere where an ordinary checkpoint carries them.':
    '旋转与通道缩放一起学习，用于普通检查点能够容纳的所有位置。',
  'Eight-bit weights and activations where a few channels of the inputs are large.':
    '八比特权重和激活值，适合输入中少数通道很大的情形。',
  'Weights alone at four bits in groups, by scales that protect what meets large inputs.':
    '只量化权重，四比特分组，用缩放保护与大输入相乘的权重。',
  'Inputs whose channels lie off zero: moved to the middle by biases, then scaled.':
    '适合通道偏离零点的输入：用偏置移到中间，再缩放。',
  'Activations whose small values would all be rounded to zero by a token’s scale alone.':
    '适合仅按词元缩放时小值会全部舍入为零的激活值。',
  'GPTQ that minds the tokens which others look at.': '会顾及被其他词元关注的词元的 GPTQ。',
  'Eight bits that are safe for networks with a few large channels, without calibration.':
    '八比特，对有少数大通道的网络也稳妥，不需要校准。',
  'What deployment tools do after training: static ranges per tensor, and biases that take the mean error back.':
    '部署工具在训练之后所做的：每张量静态范围，以及收回平均误差的偏置。',
  'Vision transformers at four bits, from 32 images and no training.':
    '四比特的视觉 transformer，只需 32 幅图像，不训练。',
  'RepQ-ViT with a range of its own at either end of each channel, and compensated weights.':
    'RepQ-ViT 加上每个通道两端各自的范围，以及补偿后的权重。',
  'Static activations whose rounding errors a fixed noise spreads more evenly.':
    '静态激活值，用固定的噪声使舍入误差分布更均匀。',
  'Static eight bits for networks of selective scans.': '用于选择性扫描网络的静态八比特。',
  'Four-bit weights and activations for networks on images, also those whose steered norms allow no rotation of the stream.':
    '用于图像网络的四比特权重和激活值，归一化受控而不允许旋转残差流的网络也适用。',
  'A cache at two bits: keys per channel, values per token, the latest tokens as they are.':
    '两比特缓存：键按通道，值按词元，最近的词元保持原样。',
  'A cache at three bits with its outliers kept beside the codes.': '三比特缓存，离群值保存在编码之外。',
  'Four bits for tokens that are looked at, two for the rest.': '被关注的词元用四比特，其余用两比特。',
  'A cache at one bit and a half: what is left of keys and values at the very least.':
    '1.5 比特的缓存：键和值最少能剩下什么。',
  'Four-bit weights and cache with eight-bit activations, as serving systems want them.':
    '四比特权重和缓存，八比特激活值，符合服务系统的需要。',
  'Attention in four-bit integers and FP8, for networks whose time goes there.':
    '四比特整数和 FP8 的注意力，用于时间主要花在注意力上的网络。',
  'Four-bit weights and activations, with the weights’ leading directions in a branch of 16 bits.':
    '四比特权重和激活值，权重的主要方向放在 16 比特的分支中。',
  'A quantized network mended by small products, without training.': '用小的乘积修补已量化的网络，不训练。',
  'Bits by how far each layer alone moves what the network says.': '按每层单独舍入使网络输出移动多远来分配比特。',
  'No layer’s own KL larger than it has to be, with fused siblings at the same bits.':
    '任何一层自身的 KL 都不大于必要，融合的同组层比特相同。',
  'The idea that began it: bits go where the loss curves most.': '最初的想法：比特给损失曲率最大的地方。',
  'Four or eight bits for each layer, by curvature and the error that rounding makes.':
    '每层四或八比特，按曲率和舍入产生的误差决定。',
  'Bits for each layer from one look at gradients, with scales counted.':
    '一次查看梯度即可为各层分配比特，缩放因子也计入。',
  'From the narrowest model upwards: the bits that save most go first.': '从最窄的模型向上：节省最多的比特优先。',
  'W4A4KV4 by GPTQ with the release’s clips; heads are turned by R2 instead of an online transform across them.':
    'W4A4KV4，用 GPTQ 和公开代码的截断；各头由 R2 旋转，而不用跨头的在线变换。',
  'Its released settings, W4A4KV4 by plain rounding behind Kronecker transforms learned block by block; clips are not learned, and keys and single heads have no transform.':
    '其公开的设置：W4A4KV4，在逐块学习的 Kronecker 变换之后直接舍入；不学习截断，键和单个头没有变换。',
  'R1 and R2 learned by next-token cross-entropy through the rounded network (KL where there are no tokens), in 40 steps of 4 calibration windows instead of 100 of 8; without bits for the cache.':
    'R1 和 R2 通过舍入后的网络以下一词元交叉熵学习（没有词元时用 KL），用 4 个校准窗口走 40 步，而不是 8 个窗口走 100 步；缓存不量化。',
  'Rotations by Cayley SGD instead of Riemannian Adam, scales behind norms, of values and between up and down but not of queries and gates, KL over all tokens of the vocabulary instead of the teacher’s thousand likeliest; the paper’s text was not read.':
    '旋转用 Cayley SGD 而不是 Riemannian Adam；缩放用于归一化之后、值、up 与 down 之间，但不用于查询和门控；KL 取词表的全部词元，而不是教师最可能的一千个；论文正文未读。',
  'Its O1 setting: dynamic ranges of a token, symmetric weights of a row; matrix products within attention stay in full precision.':
    '其 O1 设置：每词元动态范围，每行对称权重；注意力内部的矩阵乘积保持全精度。',
  'Scales are searched by the layers’ own output errors, where the release runs the attention or the MLP behind them.':
    '缩放按层自身的输出误差搜索，而公开代码会运行其后的注意力或 MLP。',
  'Channels are moved and scaled as published; its percentile search by the task’s loss is left out.':
    '通道的移动和缩放与论文相同；其按任务损失的百分位搜索被省略。',
  'Only the abstract was read: element scales of a token’s and a channel’s largest magnitudes; α = 0.15 is recalled.':
    '仅读了摘要：元素的缩放因子由词元和通道的最大幅值得出；α = 0.15 凭记忆。',
  'Rotation, then GPTQ on Hessians whose tokens count by the attention that they receive; the release’s expanded calibration set is left out.':
    '旋转，然后在按所受注意力给词元加权的海森矩阵上做 GPTQ；公开代码的扩充校准集被省略。',
  'Channels with a magnitude above 6 pass unquantized, as in the paper; the weights that meet them are rounded all the same, where the paper keeps them in 16 bits.':
    '幅值大于 6 的通道不量化，与论文相同；但与之相乘的权重照样舍入，而论文把它们保留为 16 比特。',
  'Its pipeline without AdaRound: cross-layer equalization, ranges by least squared error, then empirical bias correction.':
    '其流程，不含 AdaRound：跨层均衡、按最小平方误差求范围，然后做经验偏置修正。',
  'Reparameterized norms, log√2 probabilities and static ranges per tensor as published; ranges of weights are cut by squared error, where the release takes percentiles.':
    '重参数化的归一化、log√2 概率和每张量静态范围与论文相同；权重的范围按平方误差截断，而公开代码取百分位数。',
  'Only its abstract was read: clips of each channel are searched and not learned, and weights are compensated by GPTQ on the quantized inputs.':
    '仅读了其摘要：每个通道的截断是搜索而不是学习得到的，权重由 GPTQ 在量化输入上补偿。',
  'Uniform noise as published (the release draws it from a normal distribution), with fewer strengths and shares of the range tried.':
    '与论文一样用均匀噪声（公开代码取自正态分布），尝试的强度和范围份额较少。',
  'Inputs of all projections, with a Hadamard transform before the last one; B, C, Δ and the state of the scan stay in full precision, and one percentile serves all places.':
    '所有投影的输入，最后一个之前做 Hadamard 变换；B、C、Δ 和扫描的状态保持全精度，各处共用一个百分位。',
  'Its recipe on other networks than the one it was made for: every layer’s inputs turned as the network runs, scaled behind that, four symmetric bits for both; scales and clips are not learned, and calibration samples are not chosen.':
    '把它的配方用于原本并非为之设计的网络：网络运行时旋转每层的输入，其后缩放，两者均为四比特对称；缩放和截断不学习，校准样本不挑选。',
  'Its released rule of what is quantized when; prompts read the cache too, or no figure would show it; the residual is 32 and not 128, for windows here are short.':
    '采用其公开的何时量化什么的规则；提示部分也读缓存，否则没有数字能显示其影响；残差窗口为 32 而不是 128，因为这里的窗口较短。',
  'Keys before rotary positions, per channel, 1 % of the values kept, a first token in full precision; levels are even, where the paper fits them to sensitivities.':
    '旋转位置编码之前的键，按通道，保留 1% 的值，首个词元保持全精度；各级均匀，而论文按敏感度拟合。',
  'The step’s: a window’s tokens are sorted once, by a few probing queries.':
    '与该步骤相同：窗口的词元由少数探测查询排序一次。',
  'The step’s: codes are given back with their scale, as is meant and not as released, and no token is kept for a question about a video.':
    '与该步骤相同：编码连同其缩放因子返回，取其本意而非公开代码的做法；不为关于视频的问题保留词元。',
  'W4A8KV4 behind a rotation and smoothing, with progressive groups as in the paper and SmoothAttention (the release keeps offsets of 8 bits in the place of zero points); exponents are not searched, and channels are not reordered.':
    '旋转和平滑之后的 W4A8KV4，渐进分组与论文相同，并用 SmoothAttention（公开代码用 8 比特的偏移代替零点）；指数不搜索，通道不重排。',
  'The numbers of its kernels, without their speed.': '采用其内核的数值，没有其速度。',
  'Smoothing by one exponent, where the release searches two; siblings have branches of their own.':
    '用单一指数平滑，而公开代码搜索两个；同组的层各有自己的分支。',
  'The same optimum by a projector, without the inverse that the release takes.':
    '用投影得到同样的最优解，不用公开代码所取的逆。',
  'Its KL of one rounded layer with an exact choice; data is what the recipe’s calibration source gives (text that the network writes, its own trajectories, noise for a classifier) in the place of images distilled from batch norms, which no network here has.':
    '采用其单层舍入的 KL 和精确的选择；数据为配方的校准来源所给出的（网络写的文本、其自身的轨迹、分类器的噪声），代替由批归一化蒸馏出的图像，因为这里的网络都没有批归一化。',
  'The KL score and its minimax search, exactly solved, where the release’s bisection may end beyond the budget; ties between siblings as there.':
    '采用 KL 得分及其极小化极大搜索，精确求解，而公开代码的二分法可能超出预算；同组的层绑定方式与之相同。',
  'Layers get bits in the order of their curvature for its size, one upgrade after another, where the paper’s authors chose within that order by hand; the curvature is the trace’s mean and not the largest eigenvalue, and nothing is trained afterwards.':
    '各层按曲率与大小之比的次序获得比特，一次升级一层，而论文作者在该次序内手工选择；曲率取迹的均值而不是最大特征值，之后不再训练。',
  'Its measure, the mean trace times ‖Δ‖², and the exact choice, with the Fisher information’s trace for the Hessian’s; weights alone, without training; 4 or 8 bits at half the way between, as in the released code of its successor.':
    '采用其度量，即平均迹乘以 ‖Δ‖²，以及精确的选择，以 Fisher 信息的迹代替海森矩阵的迹；只针对权重，不训练；4 或 8 比特，预算取中间值，与其后续工作的公开代码相同。',
  'Gradients and an exact choice as in its code (the paper was not read), but of second order at full precision, where the release sums |g ∘ Δ| once for each width with the whole network rounded to it.':
    '梯度和精确的选择与其代码相同（论文未读），但在全精度处取二阶，而公开代码对每种宽度在整个网络舍入后对 |g ∘ Δ| 求和一次。',
  'Its measure around the narrowest model and its greedy choice with jumps, savings as they are and not tamed by a power; candidates are measured by plain rounding here, and what is mixed then is quantized anew. The command mix does it with the layers of finished rows themselves.':
    '采用其围绕最窄模型的度量和带跳跃的贪心选择，节省量按原值计而不取幂抑制；候选在此用直接舍入测量，混合之后重新量化。命令 mix 则直接用已完成各行的层来做。',
  'Only the abstract and the group’s quantizers could be read: phases, loss and rates are a reading of ours, freezing goes by oscillation, and time embeddings are computed as ever instead of being stored.':
    '只读到摘要和该团队的量化器：阶段、损失和学习率是我们的理解，冻结依据振荡，时间嵌入照常计算而不是存储。',
  'Pictures that stay those of full precision at 4-bit weights and 8-bit inputs, for minutes of training.':
    '四比特权重、八比特输入下图像与全精度保持一致，只需几分钟训练。',
  'Its finite-set calibration of ranges alone, with plain rounding of weights: the reconstruction of time embeddings and of blocks is left out.':
    '只有它的有限集范围校准，权重普通舍入：时间嵌入和块的重建没有做。',
  'Eight-bit inputs of a diffusion network without training.': '扩散网络的八比特输入，不训练。',
};
