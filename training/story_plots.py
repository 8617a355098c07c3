"""The plots of the story grammar: each function tells one kind of story.

A plot draws its cast from the Story, writes sentences with story.say() and keeps
the facts straight: what was red stays red, what was given away is gone, what the
helper could do follows from what the helper is. See story_grammar.py for the
template language.
"""
import story_words as W

HOMES = ("in a [small|yellow|white] house by the river", "in a house near the park", "in a little house on the hill",
         "on a farm behind the mill", "in a house next to the harbor", "in a small town by the sea")
PLOTS = []


def plot(fn):
    PLOTS.append(fn)
    return fn


# -- pieces that several plots share -----------------------------------------

def opening(st, x, doing):
    """Introduce x and what x was doing. `doing` is a past-tense predicate."""
    home = f"{x.home_prep} a {x.home}" if x.kind else st.pick(*HOMES)
    way = st.rng.randrange(4)
    if way == 0:
        st.say("[Once upon a time,|Once|Long ago,] there was {x.intro}.", x=x)
        st.maybe(0.6, "{x.s} lived " + home + ".", x=x)
        st.say(st.when() + ", {x.s} " + doing + ".", x=x)
    elif way == 1:
        st.say(st.when() + ", {x.intro} " + doing + ".", x=x)
    elif way == 2:
        adj = x.adj if x.kind else st.pick("kind", "clever", "quiet", "cheerful", "brave", "curious")
        st.say("{x} was a " + f"{adj} {x.noun} who lived {home}.", x=x)
        st.say(st.when() + ", {x.s} " + doing + ".", x=x)
    else:
        st.say(home + " lived {x.intro}.", x=x)
        st.say(st.when() + ", {x.s} " + doing + ".", x=x)
    st.sky(0.5)


def friend(st, x, named=True):
    """A second main character and the word for what it is to x."""
    y = st.child() if st.chance(0.6) else st.animal(named)
    relation = "friend"
    if not x.kind and not y.kind and st.chance(0.5):
        relation = W.SIBLING[y.pron] if st.chance(0.6) else "cousin"
    return y, relation


def thanks(st, x, helper):
    """x thanks the helper, and an animal gets what that animal likes to eat."""
    st.speak(x, st.pick("Thank you so much!", "Thank you[, dear {h}|]!", "You are a true friend!",
                        "Thank you! You are very kind.").replace("{h}", helper.noun or helper.name), how="happily")
    if helper.kind and st.chance(0.7):
        st.say("[To say thank you,|Then] {x.s} gave {h} " + helper.food + ".", x=x, h=helper)


def night(st, x, thing=""):
    """A last sentence or two that close the day."""
    st.clock = 4
    st.maybe(0.35, W.WEATHER[st.weather][2])
    st.say(st.pick(
        "That night, {x.s} [slept well|slept like a stone] and dreamed of " + (thing or "new adventures") + ".",
        "{x.s} went to bed [tired but happy|with a smile].",
        "It had been a [good|long and happy] day.",
        "When the moon came up, {x.s} {x.was} fast asleep.",
        "{x.s} told {x.his} whole family about " + (thing or "it") + "."), x=x)


def friends_end(st, x, y):
    st.say(st.pick("From that day on, {x} and {y} were [best|good|the best of] friends.",
                   "{x} and {y} [laughed|smiled] and walked home [together|side by side].",
                   "After that, {x} and {y} [met|played together] every day.",
                   "{x} was glad to have a friend like {y}."), x=x, y=y)


NAMES_JOIN = ", ".join


def listing(words):
    return words[0] if len(words) == 1 else NAMES_JOIN(words[:-1]) + " and " + words[-1]


# -- the plots ---------------------------------------------------------------

@plot
def lost_thing(st):
    """Something is lost; one witness saw the wrong colour, another the right one."""
    x, giver = st.hero(), st.grownup()
    o = st.thing()
    here, at_here, spots = st.place()
    there, at_there, spots2 = st.place()
    st.x, st.o, st.g = x, o, giver
    opening(st, x, f"[went to {here}|{{x.was}} playing {at_here}] with {o.a}")
    st.say(st.pick("{o.the} {o.was} a gift from {g}.", "{g} had given {o.it} to {x.him}.",
                   "{g} had made {o.it} for {x.him}."))
    st.maybe(0.5, "{x.s} loved to {o.use} {o.it}[| all day].")
    st.say(st.later() + ", {x.s} [wanted to go home, but|looked around and] {o.the} {o.was} gone[!|.]")
    st.say("{x.s} looked [first |]" + spots[0] + " and then " + spots[1] + ", but " +
           st.pick("found nothing", "{o.they} {o.was} not there") + ".")
    st.say("{x.s} [felt sad|{x.was} close to tears|began to cry].")
    wrong = st.fresh(W.COLORS)
    a, b = st.animal(named=False), st.animal(named=False)
    witnesses = [a, b] if st.chance(0.55) else [b]
    for w in witnesses:
        st.w = w
        st.say("[Then|Soon] {w.intro} came by." if w is a or len(witnesses) == 1 else
               "{x.s} [walked on and met|went on and met] {w.intro}.")
        st.speak(x, "[Please, have|Have|Have] you seen my {o}?")
        if w is not b:
            st.speak(w, f"I saw {'some' if o.many else 'a'} {wrong} {o.noun} {at_here}, "
                        f"but no {o.color} {o.one}.", to=x)
        else:
            st.speak(w, st.pick(f"Yes! There {o.is_} {o.a.replace(o.adj + ' ', '')} {at_there}.",
                                f"Yes, I saw {o.it} {at_there}. Look {spots2[0]}.",
                                f"I saw {o.it} {at_there}, {spots2[0]}."), to=x)
    st.say("{x.s} ran " + st.pick("", "all the way ", "as fast as {x.he} could ") + f"to {there}.")
    st.say(st.pick("And there, " + spots2[0] + ", {o.was} {o.the}!",
                   "{o.the} {o.was} lying " + spots2[0] + "[!|.]",
                   "{x.s} looked " + spots2[0] + " and found {o.the}[!|.]"))
    st.maybe(0.5, "{x.s} {x.was} so happy that {x.he} [jumped up and down|danced|hugged {o.it}].")
    if st.chance(0.5):
        thanks(st, x, b)
    if st.chance(0.5):
        st.say("When {g} heard about it, {g.he} [smiled|laughed] [and said that all was well|].")
        st.maybe(0.5, "After that, {x.s} [never lost {o.the} again|took good care of {o.the}].")
    else:
        night(st, x, o.the)


@plot
def stuck_thing(st):
    """A thing gets stuck; what helps depends on where it is stuck."""
    x = st.hero()
    trouble = st.pick("high", "water", "hole", "heavy")
    o = st.thing(stuck=trouble)
    where, at, _ = st.place(outdoors=True)
    st.x, st.o = x, o
    plain = o.use in ("wear", "hold", "light", "hug")  # nobody goes to the beach to wear boots
    opening(st, x, f"took {x.his} {o.full} to {where}" if plain or st.chance(0.5) else
            f"went to {where} to {o.use} {x.his} {o.full}")
    st.say(st.pick("{x.s} {o.used} {o.it} [again and again|and sang a song|and laughed].",
                   "{x.s} {x.was} very proud of {o.it}.",
                   "Nobody else had {o.one} like that." if o.many else "Nobody else had one like that."))
    if trouble == "high":
        spot = st.pick("the tall pine", "the roof of the barn", "the top of the old oak", "the roof of the mill")
        st.say(st.pick("Suddenly the wind took {o.the} and carried {o.it} up to " + spot + ".",
                       "Then a gust of wind came, and {o.the} flew up to " + spot + "."))
        tries = [("jumped as high as {x.he} could", "it was too high"),
                 ("threw a stick", "it fell right back down"),
                 ("called for a ladder", "nobody came"),
                 ("stood on a box", "the box was too low")]
        skill = st.pick("fly", "climb")
    elif trouble == "water":
        spot = st.pick("the pond", "the river", "the lake")
        st.say(st.pick("But {o.the} fell into " + spot + " and began to float away.",
                       "Then {x.s} slipped, and {o.the} fell into " + spot + "."))
        tries = [("reached out with a stick", "the stick was too short"),
                 ("stepped into the water", "it was too deep and cold"),
                 ("threw a rope", "the rope was too short")]
        skill = "swim"
    elif trouble == "hole":
        spot = st.pick("a deep hole", "a narrow hole", "a crack in the wall" )
        if spot.startswith("a crack"):
            skill = "squeeze"
        else:
            skill = st.pick("dig", "squeeze")
        st.say("[But then|Suddenly|Then] {o.the} [rolled|fell] into " + spot + ".")
        tries = [(f"reached in with one {x.limb}", "it was not long enough"),
                 ("poked with a stick", "{o.the} only went deeper"),
                 ("tried to look inside", "it was too dark")]
    else:
        spot = st.pick("a heavy rock", "a big log", "a heavy barrel")
        skill = "push"
        st.say(st.pick("Suddenly " + spot + " rolled down the hill and landed on {o.the}.",
                       "But {o.the} slipped under " + spot + " and got stuck there."))
        tries = [("pushed as hard as {x.he} could", "it did not move"),
                 ("pulled and pulled", "nothing happened"),
                 ("used a branch", "the branch broke")]
    st.rng.shuffle(tries)
    for i, (did, but) in enumerate(tries[:st.pick(1, 2, 2)]):
        st.say(["First |", "Then "][i].split("|")[st.pick(0, -1)] + "{x.s} " + did + ", but " + but + ".")
    st.maybe(0.5, "{x.s} [sat down and sighed|did not know what to do|{x.was} very sad].")
    h = st.h = st.animal(named=st.chance(0.3), skills=[skill])
    st.say(st.pick("[Just then|At that moment], {h.intro} came by.", "{h.intro} had seen it all.",
                   "{x.s} heard a noise and saw {h.intro}."))
    if st.chance(0.75):
        st.speak(h, st.pick("Why are you so sad?", "What is wrong?", "Do you need help?"))
        st.speak(x, st.pick(f"My {o} {o.is_} in trouble.", f"I cannot get my {o.noun} back.",
                            f"I want my {o} back."), to=h, how=st.pick("sadly", ""))
        st.maybe(0.5, "\"" + {"fly": "I have strong wings", "climb": "I can climb anything",
                 "swim": "I love to swim", "dig": "I am good at digging",
                 "squeeze": "I am small enough", "push": "I am big and strong"}[skill] + ",\" said {h}. \"[Watch|Wait]!\"")
    st.focus = h
    off = spot
    st.say({
        "fly": "{h.s} flew up to " + off + ", picked up {o.the} and [brought {o.it} back|let {o.it} fall into {x.his} arms].",
        "climb": "{h.s} climbed up to " + off + " [in no time|step by step] and pushed {o.the} down.",
        "swim": "{h.s} [jumped into the water|swam out] and [pulled|pushed] {o.the} back to the shore.",
        "dig": "{h.s} dug and dug until the hole was wide enough, and there {o.was} {o.the}.",
        "squeeze": "{h.s} slipped inside and came back with {o.the}.",
        "push": "{h.s} leaned against " + off.replace("a ", "the ", 1) + " and pushed until it rolled away. Under it {o.was} {o.the}.",
    }[skill])
    st.maybe(0.4, "{o.the} {o.was} [a little wet|wet and cold], but not broken." if trouble == "water" else
             "{o.the} {o.was} a little dirty, but not broken.")
    thanks(st, x, h)
    if st.chance(0.5):
        friends_end(st, x, h)
    else:
        night(st, x, h.name if st.chance(0.5) else o.the)


@plot
def counting_gifts(st):
    """Treats are given away one meeting at a time; the numbers must add up."""
    x, goal = st.hero(), st.grownup(away=True)
    one, many = st.pick(*W.TREATS)
    word = lambda n: f"{W.NUMBERS[n]} {one if n == 1 else many}"
    n = st.rng.randint(4, 10)
    bag = st.pick("basket", "bag", "box", "bowl")
    st.x, st.g = x, goal
    opening(st, x, f"put {word(n)} in a {bag}")
    st.say(st.pick(f"The {many} were for {{g}}.", "{x.s} wanted to bring them to {g}.",
                   f"\"These are for {{g}},\" {{x.he}} thought."))
    left = n
    meetings = st.pick(2, 2, 3)
    for i in range(meetings):
        most = left - (meetings - i)
        if most < 1:
            break
        k = st.rng.randint(1, min(3, most))
        m = st.m = st.animal(named=False) if st.chance(0.6) else st.child()
        st.say(st.fresh(("On the way, {x.s} met {m.intro}.", "By the bridge, {x.s} met {m.intro}.",
                         "Soon {x.s} met {m.intro}.", "Near the well stood {m.intro}.",
                         "In front of a shop sat {m.intro}.")))
        if st.chance(0.5):
            st.speak(m, st.pick("I am so hungry.", f"Those {many} smell good!", "I have not eaten all day.",
                                f"May I have {'a ' + one if k == 1 else 'some ' + many}?"))
        else:
            st.say("{m} {was} [hungry|very hungry|tired and hungry].", was="was")
        st.focus = x if st.chance(0.5) and x.pron != m.pron else None
        st.say("{x.s} [gave|kindly gave] " + ("{m} " if x.pron == m.pron else "{m.him} ") + word(k) + ".")
        left -= k
        st.say(st.pick(f"Now there {'was' if left == 1 else 'were'} {'only ' if left < 3 else ''}{word(left)} left.",
                       f"That left {word(left)} in the {bag}.",
                       f"Now {{x.he}} had {'only ' if left < 3 else ''}{word(left)}."))
    st.say("[At last|Finally], {x.s} [came to {g}'s house|stood in front of {g}'s door].")
    st.speak(x, st.pick(f"I had {word(n)}, but I gave {W.NUMBERS[n - left]} away.",
                        f"There {'is' if left == 1 else 'are'} only {word(left)} left. I am sorry."))
    st.speak(goal, st.pick("You have a kind heart.", "Then you have made many friends today!",
                           "A gift that is shared is twice as sweet."), to=x, how="with a smile")
    if left == 1:
        st.say(f"They cut the last {one} in two, and each of them had a half.")
    elif left % 2 == 0:
        st.say(f"They sat down at the table, and each of them had {word(left // 2)}.")
    else:
        st.say(f"They ate the {W.NUMBERS[left]} {many} together" + st.pick(".", " and told stories."))
    st.maybe(0.4, f"{{x.s}} went home with an empty {bag} and a [happy|warm|full] heart.")


@plot
def animal_in_need(st):
    """Need and remedy belong together; the animal pays back in its own way."""
    x = st.child()
    a = st.animal(named=False)
    where, at, spots = st.place(outdoors=True)
    st.x, st.a = x, a
    opening(st, x, st.pick(f"{{x.was}} walking home from {where}", f"went to {where}",
                           f"heard a sad little sound {at}"))
    st.say(st.pick(f"{spots[0]}, {{x.s}} found {{a.intro}}.",
                   f"{spots[0]} sat {{a.intro}}."))
    need = st.pick("hungry", "cold", "lost", "hurt", "thirsty")
    st.say({"hungry": "{a.s} had not eaten [for days|since Monday] and could [hardly|not] stand.",
            "cold": "{a.s} was [wet and cold|shaking with cold].",
            "lost": "{a.s} was lost and did not know the way home.",
            "hurt": "{a.s} had hurt one leg and could not walk.",
            "thirsty": "{a.s} was very thirsty, for all the puddles were dry."
                       if st.weather == "sunny" else "{a.s} was tired and thirsty."}[need])
    st.speak(x, st.pick("Poor little thing!", "Do not be afraid.", "Do not worry. I will help you.",
                        "You poor {k}!".replace("{k}", a.noun)), how="softly")
    st.focus = x
    c = st.fresh(W.COLORS)
    remedy = {
        "hungry": f"{{x.s}} ran home and came back with {a.food}. {{a}} ate it all [up|and wanted more].",
        "cold": f"{{x.s}} took off {{x.his}} {c} scarf and wrapped it around {{a}}. Soon {{a.he}} was warm again.",
        "lost": f"{{x.s}} [picked {{a.him}} up|took {{a.him}} in {{x.his}} arms] and carried {{a.him}} all the way to the {a.home}.",
        "hurt": f"{{x.s}} tied a {c} cloth around the leg [very gently|with care]. "
                f"[For three days|Every day], {{x.he}} came back to look after {{a}}.",
        "thirsty": "{x.s} ran to the well and came back with a bowl of cool water. {a} drank and drank.",
    }[need]
    st.say(remedy)
    st.say({"hungry": "{a} was not hungry anymore.", "cold": "{a} was not cold anymore.",
            "lost": "{a} was home at last.", "hurt": "Soon the leg was well, and {a} could walk again.",
            "thirsty": "{a} was not thirsty anymore."}[need])
    st.maybe(0.5, "Then {a.he} [looked at {x} with bright eyes|" + a.sounded + " and " + a.moved + " away].")
    gift = st.pick("a shiny stone", "a white feather", f"a {st.fresh(W.COLORS)} flower", "a round shell")
    if st.chance(0.65):
        st.say(st.pick("The next morning, there was " + gift + " in front of {x.his} door.",
                       "A week later, {a} [came back and |]brought {x} " + gift + "."))
        st.say(st.pick("It was a gift from {a}.", "{x.s} knew that it came from {a}.",
                       "{x.s} smiled, because {x.he} knew who had left it there."))
        st.maybe(0.5, "{x.s} put the " + gift.split()[-1] + " next to {x.his} bed [and kept it forever|].")
    else:
        friends_end(st, x, a)
        st.maybe(0.5, "And whenever it was " + st.pick("cold", "dark", "sunny") + ", they [sat|played] together " + at + ".")


@plot
def cooking(st):
    """A recipe named at the start is fetched in order and used in order."""
    x = st.hero()
    y = st.grownup() if st.chance(0.5) else friend(st, x)[0]
    dish = st.pick(*W.DISHES)
    parts, verb, past, pot = W.DISHES[dish]
    parts = parts.split()
    st.rng.shuffle(parts)
    parts = parts[:3]
    st.x, st.y = x, y
    opening(st, x, f"wanted to {verb} {'a ' if dish.split()[-1] in ('pie', 'cake', 'tart') else 'some '}{dish} for {y}")
    st.say(st.pick("{x.s} needed " + listing(parts) + ".",
                   "\"I need " + listing(parts) + ",\" {x.he} thought."))
    steps = st.pick(("First", "Next", "At last"), ("First", "After that", "In the end"))
    for step, p in zip(steps, parts):
        place, keeper = W.INGREDIENTS[p]
        st.say(st.pick(f"{step}, {{x.s}} went to {place} and got the {p}.",
                       f"{step}, {{x.s}} went to {place}, where {keeper} gave {{x.him}} [the|some] {p}.",
                       f"{step}, {{x.s}} asked {keeper} for [some|the] {p}."))
        if st.chance(0.12):
            verb_be = "are" if p.endswith("s") else "is"
            st.out.append(f"\"Here {verb_be} your {p},\" said {keeper}.")
    st.say("[Back home|In the kitchen], {x.s} [mixed|stirred] the " + listing(parts).replace(", ", ", the ").replace(" and ", " and the ") +
           " in a big bowl.")
    if st.chance(0.3):
        st.say("{x.s} {x.was} so busy that {x.he} forgot the time, and the " + dish + " burned black!")
        st.say("But {x.s} did not give up. {x.he} started again[| from the beginning].")
    st.say(f"{{x.s}} {past} it in the {pot} " + st.pick("for an hour", "until it was golden" if pot == "oven" else "until it was thick") + ".")
    st.maybe(0.6, "Soon the whole house smelled [wonderful|sweet|of {d}].", d=dish)
    st.say("[When the {d} was ready|" + st.later() + "], {y} came {in_}.", d=dish, in_=st.pick("in", "to the door", "to visit"))
    st.speak(y, st.pick("What smells so good?", f"Is that {dish}?", f"I love {dish}!"))
    st.say(st.pick("They sat down and ate the {d} together.", "They ate until there was nothing left but crumbs." if pot == "oven"
                   else "They ate until the pot was empty.",
                   "{x.s} gave {y} the biggest piece." if pot == "oven" else "{x.s} gave {y} the biggest spoon."), d=dish)
    if st.chance(0.6):
        st.speak(y, st.pick(f"This is the best {dish} in the world!", "Next time, I will help you.",
                            "Will you teach me how to make it?"), to=x, how=st.pick("", "with a full mouth"))
    else:
        night(st, x, "the " + dish)


@plot
def building(st):
    """Built once, broken by the weather, built again and better."""
    x = st.hero()
    y, rel = friend(st, x)
    st.x, st.y = x, y
    thing, first, better, use = st.pick(
        ("hut", "leaves", "branches", "sat inside and told stories"),
        ("bridge", "sticks", "stones", "walked across it hand in hand"),
        ("raft", "reeds", "logs", "sailed down the river"),
        ("tree house", "old boxes", "strong boards", "looked out over the fields"),
        ("tower", "sand", "stones", "watched the stars from the top"),
        ("little house for the birds", "paper", "wood", "listened to the birds"))
    st.thing_, st.first, st.better = thing, first, better
    opening(st, x, f"wanted to build a {thing}")
    st.say(st.pick("{x.s} [built|made] it out of {first}, because {first} were easy to find." if first.endswith("s") else
                   "{x.s} [built|made] it out of {first}, because {first} was easy to find.",
                   "{x.s} [found|looked for] some {first} and [built|made] a {thing_} out of {first}."))
    st.say(st.pick("It took [all morning|two hours|a long time].", "{x.s} worked hard all day.", "It looked fine."))
    breaker = {"windy": "a strong wind came and blew", "rainy": "a heavy rain came and washed",
               "snowy": "the snow grew heavy and pulled", "sunny": "a storm came and blew",
               "foggy": "a strong wind came and blew", "cloudy": "a heavy rain came and washed"}[st.weather]
    st.say("But [in the night|the next day|that night] " + breaker + " the {thing_} " +
           {"blew": "down", "washed": "away", "pulled": "down"}[breaker.split()[-1]] + ".")
    st.say("{x.s} {x.was} [very sad|upset|close to tears].")
    st.say(f"Then {{x.his}} {rel} {{y}} came [along|to see it]." if not y.kind else f"Then {{y.intro}} came along.")
    st.focus = y
    st.speak(y, st.pick(f"{first} {'are' if first.endswith('s') else 'is'} too weak. We should use {better}.",
                        f"Let us build it again, with {better}!",
                        f"Why not use {better}? I will help you."))
    st.say(st.pick("So {x} and {y} carried {better} [|all afternoon|back and forth].",
                   "Together they found {better} and started again."))
    st.maybe(0.6, st.pick("{x} held the {better}, and {y} tied a rope around them." if better.endswith("s")
                          else "{x} held the {better}, and {y} used the hammer.",
                          "{y} did the heavy work, and {x} did the rest."))
    st.say(st.pick("This time the {thing_} was strong.", "Now the {thing_} was much stronger than before.",
                   "The new {thing_} was [strong|even better]."))
    st.say(st.pick("[The wind|A storm] came again, but the {thing_} did not [fall|move].",
                   "When the next storm came, it stood still."))
    st.say("{x} and {y} " + use + ".")
    st.maybe(0.4, st.pick("\"Two are better than one,\" said {y}.", "\"Good things take time,\" said {x}.",
                          "\"We did it!\" cried {x}."))


@plot
def race(st):
    """The quick one is sure to win, and does not."""
    x, y = st.animal(), st.animal()
    if st.chance(0.4):
        x, y = st.child(), st.child()
    st.x, st.y = x, y
    start, _, _ = st.place(outdoors=True)
    goal = st.pick("the old oak", "the bridge", "the mill", "the big rock", "the lighthouse")
    st.goal = goal
    st.say(st.pick("{x.intro} and {y.intro} [lived|met] near " + start + ".",
                   "Once there were two friends, {x.intro} and {y.intro}."))
    st.sky(0.4)
    st.say("{x.s} was [very fast|quick as the wind], but {y} was slow.", x=x)
    st.speak(x, st.pick(f"I am the fastest {x.noun} in the world!" if x.pron != "they" else "I am the fastest of all!",
                        f"I can run to {goal} before you can count to {st.pick('five', 'ten')}."))
    st.speak(y, st.pick(f"Then let us race to {goal}.", "We will see. Shall we race?"), to=x)
    st.say("[The next day|" + st.later() + "], they stood side by side near " + start + ".")
    st.say(st.pick("\"One, two, three, go!\" [called|cried] the owl.", "A crow counted: one, two, three!"))
    st.focus = None
    st.say("{x} ran [ahead|off] and was soon far away. {y} went [slowly|step by step].")
    why = st.pick("nap", "eat", "boast", "kind")
    if why == "nap":
        st.say("Half way, {x} thought: \"I have [plenty of|lots of] time.\"")
        st.say("{x.he} lay down under a tree and fell asleep.")
    elif why == "eat":
        st.say("Half way, {x} saw a bush full of berries and stopped to eat. {x.he} ate and ate.")
    elif why == "boast":
        st.say("{x} stopped at every house to tell everyone how fast {x.he} {x.was}.")
    else:
        st.say("Half way, {x} saw a little bird that had fallen out of its nest. {x.he} stopped to help.")
    st.say("{y} did not stop[| once|, not even to drink]. {y.he} just went on and on.")
    st.say({"nap": "When {x} woke up, {y} had already reached {goal}!",
            "eat": "When {x} looked up, {y} had already reached {goal}!",
            "boast": "When {x} looked around, {y} was already at {goal}!",
            "kind": "When the bird was safe, {y} was already at {goal}."}[why])
    if why == "kind":
        st.speak(y, st.pick("You stopped to help. You are the real winner!", "I was first, but you did the better thing."))
        st.say(st.pick("So they shared the prize.", "They smiled and walked home [together|side by side]."))
    else:
        st.speak(x, st.pick("You won! I was a fool.", "I am sorry that I laughed at you.", "How did you do that?"))
        st.speak(y, st.pick("Slow and steady wins the race.", "I did not stop. That is all.",
                            "It is not enough to be fast."), to=x)
        st.maybe(0.5, "{x.s} never [laughed at|teased] {y} again.")


@plot
def fear(st):
    """Afraid, then advice, then courage; the fear comes back by name at the end."""
    x = st.hero()
    y = st.grownup() if st.chance(0.5) else friend(st, x)[0]
    st.x, st.y = x, y
    what, scene, advice, did = st.pick(
        ("the dark", "The lamp went out, and the room was black.", "Look at the stars. They are little lamps.",
         "looked up at the stars"),
        ("thunder", "Suddenly there was a loud boom over the roof.", "Thunder is only the clouds laughing.",
         "laughed back at the clouds"),
        ("deep water", "The others jumped into the lake, but the water was deep.", "I will hold your hand.",
         "stepped into the water"),
        ("high places", "The others climbed up the tower, but it was very high.", "Do not look down. Look at me.",
         "climbed up to the top"),
        ("big dogs", "A big dog stood in the middle of the road.", "Stand still and let it smell your hand.",
         "held out one hand"),
        ("singing alone", "It was time for the spring song, and everyone was looking.", "Close your eyes and sing for me.",
         "closed both eyes and sang"))
    st.what, st.did = what, did
    if st.chance(0.5):
        st.say("{x.intro} was afraid of {what}.")
        st.maybe(0.5, "Everyone knew it, and some of them laughed.")
    else:
        st.say("There was once {x.intro} who liked many things, but not {what}.")
    st.say(st.later() + ", it happened. " + scene)
    st.say("{x.s} [began to shake|wanted to run away|held {x.his} breath|hid behind {y}].")
    st.speak(y, st.pick("What is wrong?", "Are you all right?", "Why are you shaking?"))
    st.speak(x, st.pick(f"I am afraid of {what}.", "I am scared."), to=y, how="quiet")
    st.speak(y, st.pick(advice, f"{advice} Now count to three."), to=x)
    st.focus = x
    st.say("{x.s} [took a deep breath and counted|counted slowly]: one, two, three.")
    st.say("Then {x.he} {did}.")
    st.say(st.pick("Nothing bad happened.", "It was not so bad at all.", "It was even [fun|nice]!",
                   "{x.his} heart beat fast, but {x.he} stayed."))
    st.speak(x, st.pick("I did it!", "Look at me! I am brave!", "I am not afraid anymore!"))
    st.say(st.pick("{y} [clapped|smiled] and was very proud.", "{y} gave {x.him} a [big|warm] hug."))
    st.say(st.pick("From that day on, {x.s} {x.was} not afraid of {what} anymore.",
                   "Now {x.s} {x.was} the one who helped others when they were afraid of {what}.",
                   "{x.s} still did not like {what}, but {x.he} knew what to do."))


@plot
def swap(st):
    """Two owners, two things: each ends with what the other had."""
    x, y = st.hero(), st.hero()
    o, p = st.thing(), st.thing()
    st.x, st.y, st.o, st.p = x, y, o, p
    opening(st, x, f"{{x.was}} playing with {o.a}")
    st.say(st.pick("But {x.s} {x.was} tired of {o.it}.", "{x.s} had {o.has_used} {o.it} a hundred times.",
                   "{x.s} {x.was} bored."))
    st.say(st.pick("{x.s} wanted {p.a}.", "What {x.s} really wanted was {p.a}."))
    st.say("[Next door lived|Down the road lived|Then along came] {y.intro}, who had {p.a}.")
    st.say(st.pick("But {y} [only wanted|had always wanted|dreamed of] {o.a}.",
                   "{y.s} looked at {o.the} and sighed."))
    st.speak(y, st.pick(f"What a fine {o.noun}!" if not o.many else f"What fine {o.noun}!",
                        f"I wish I had {o.noun if o.many else 'a ' + o.noun} like that."))
    st.speak(x, st.pick("Shall we trade?", f"You may have my {o} if I may have your {p}.",
                        f"I will give you my {o.noun} for your {p.noun}."), to=y)
    st.speak(y, st.pick("Yes, please!", "That is fair!", "What a good idea!"), to=x)
    st.say("So {x} gave {o.the} to {y}, and {y} gave {p.the} to {x}.")
    if st.chance(0.5):
        st.say("Now {x} could {p.use} {p.the}, and {y} could {o.use} {o.the}.")
    else:
        st.say("{x} {p.used} {p.the}, and {y} {o.used} {o.the}.")
    st.say("They {b} [happy|very happy|full of joy].", b="were both")
    if st.chance(0.4):
        st.say("A week later, {x} [missed|began to miss] {o.the}, and {y} [missed|began to miss] {p.the}.")
        st.say("[They laughed and traded back again|So they traded back, and each had the old thing again].")
        st.maybe(0.6, "\"Now we can trade every week,\" said {x}.")
    else:
        friends_end(st, x, y)


@plot
def growing(st):
    """A seed, one day after the other, and patience."""
    x = st.hero()
    y, rel = friend(st, x)
    st.x, st.y = x, y
    c = st.fresh(W.COLORS)
    plant, grown, end = st.pick(
        ("flower", f"a tall {c} flower", "The bees came from far away to see it."),
        ("bean", "a bean plant that was taller than the house", "There were enough beans for the whole town."),
        ("pumpkin", "a pumpkin as big as a wagon", "They made soup for everyone."),
        ("strawberry", "a plant full of sweet strawberries", "They ate until their faces were red."),
        ("tree", "a little tree with three leaves", "One day, birds will live in it."))
    st.plant = plant
    opening(st, x, f"[found|{{x.was}} given] a tiny {plant} seed")
    st.say("{x.s} put it in [the ground|a pot of earth|a small hole] and gave it some water.")
    day = st.rng.randrange(7)
    days = [W.DAYS[(day + i) % 7] for i in range(4)]
    n = st.pick(3, 4)
    st.say(f"On {days[0]}, nothing happened.")
    for d in days[1:n - 1]:
        st.say(f"On {d}, [nothing happened again|still nothing happened|there was only brown earth].")
    if st.chance(0.6):
        st.say("{y.intro} came by and laughed.")
        st.speak(y, st.pick("Nothing will ever grow there!", "That seed is dead.", f"You will never have a {plant}."))
        st.speak(x, st.pick("Wait and see.", "Good things take time.", "A seed needs time."), to=y)
    else:
        st.say("{x.s} [almost gave up|{x.was} sad], but {x.his} " + rel + " {y} said, \"Be patient.\"")
    st.focus = x
    st.say("{x.s} watered it [every morning|again and again] and [sang to it|kept it warm|waited].")
    st.say(f"On {days[n - 1]}, " + st.pick("there was a tiny green leaf!", "{x.s} saw one green leaf!",
                                          "something green came out of the earth!"))
    st.say(st.pick("Day by day, it grew.", "Week after week, it grew and grew.", "It grew a little every day.") +
           f" [In the end|At last|By summer], it was {grown}.")
    st.say(st.pick("{y} could not believe it.", "{y.s} came to see it and said nothing for a long time.",
                   "\"You were right,\" said {y}."))
    st.say(end)
    st.maybe(0.4, st.pick("{x.s} {x.was} very proud of {x.his} {plant}.", "{x.s} kept one seed for the next year."))


@plot
def hide_and_seek(st):
    """Who hides where is told first and must be found again."""
    x = st.hero()
    others = [st.hero() for _ in range(st.pick(2, 2, 3))]
    where, at, spots = st.place()
    st.x = x
    opening(st, x, f"played hide and seek {at} with {listing([o.name for o in others])}")
    n = st.pick(5, 5, 8, 10)
    st.say("{x.s} [closed {x.his} eyes|turned around] and counted: " + ", ".join(W.NUMBERS[1:n + 1]) + "!")
    hidden = list(zip(others, spots))
    st.focus = None
    if st.chance(0.5):
        st.say(", ".join(f"{o} hid {s}" for o, s in hidden[:-1]) + f", and {hidden[-1][0]} hid {hidden[-1][1]}.")
    else:
        for o, s in hidden:
            st.say(st.pick(f"{o} hid {s}.", f"{o} [ran|crept] away and hid {s}."))
    st.speak(x, st.pick("Here I come!", "Ready or not, here I come!"))
    st.rng.shuffle(hidden)
    for i, (o, s) in enumerate(hidden[:-1]):
        st.o = o
        st.say(st.pick("First " if i == 0 else "Then ", "") + "{x.s} looked " + s + " and found {o}[!|.]")
    last, spot = hidden[-1]
    st.o = last
    st.say("But where was {o}?")
    wrong = spots[3]
    st.say("{x.s} looked " + wrong + ", but {o} was not there.")
    st.say(st.pick("Then {x.he} heard [a sneeze|a giggle|a little laugh].",
                   "Suddenly somebody [sneezed|giggled].", "Just when {x.s} wanted to give up, there was a [sneeze|giggle]."))
    st.say("{x.s} looked " + spot + ", and there was {o}!")
    st.speak(last, st.pick("You found me!", "I could not keep quiet!", "My nose gave me away!"), how="laughing")
    first = hidden[0][0]
    st.say(f"Now it was {first}'s turn to count.")
    st.maybe(0.4, "They played until " + st.pick("the stars came out", "it was dark", "dinner was ready") + ".")


@plot
def birthday(st):
    """A favourite colour is mentioned early and decides about the gift."""
    x = st.hero()
    y, rel = friend(st, x)
    o = st.thing()
    st.x, st.y, st.o = x, y, o
    opening(st, x, f"remembered that it was {y}'s birthday")
    st.maybe(0.7, "{y} was {x.his} " + rel + ".")
    like = st.pick(f"{y} loved everything that was {o.color}.", f"{y}'s favorite color was {o.color}.")
    st.say(like)
    coins = st.rng.randint(2, 5)
    cost = coins + st.rng.randint(2, 5)
    if st.chance(0.5):
        st.say("At the market, {x.s} saw {o.a}.")
        st.speak(x, f"How much {'do they' if o.many else 'does it'} cost?")
        st.out.append(f"\"{W.NUMBERS[cost].capitalize()} coins,\" said the {st.pick(*W.ROLES)}.")
        st.focus = None
        st.say("{x} had only " + W.NUMBERS[coins] + f" coins. {W.NUMBERS[cost - coins].capitalize()} {'coin was' if cost - coins == 1 else 'coins were'} missing.")
        g = st.g = st.grownup()
        st.say(st.pick("So {x.he} worked for {g} [all day|until noon] and earned " + W.NUMBERS[cost - coins] + " coins.",
                       "So {x.he} helped {g} [carry wood|wash the windows|feed the hens] for " + W.NUMBERS[cost - coins] + " coins."))
        st.say("Then {x.s} bought {o.the}.")
    else:
        st.say("{x.s} had no money, so {x.he} decided to make " + ("a pair of " if o.many else "a ") + "{o.noun}.")
        paint = o.color
        st.say(st.pick(f"{{x.s}} worked [all day|until dark] and painted {{o.it}} {paint}.",
                       f"{{x.s}} made {{o.it}} with {{x.his}} own hands and {paint} {'wool' if o.many else 'paint'}."))
    st.say("{x.s} [wrapped|hid] {o.it} in " + st.pick("paper", f"{st.fresh(W.COLORS)} paper", "a cloth") + " and went to the party.")
    st.say("{y.s} opened it [slowly|at once] and found {o.the}.")
    st.speak(y, st.pick(f"{o.color}! My favorite color!", f"I have always wanted {'' if o.many else 'a '}{o}!",
                        "This is the best gift of all!"), how="happily")
    st.say("{y.s} {o.used} {o.it} [all day|the whole evening|right away].")
    if st.chance(0.5):
        st.say("There was {d} for everyone.", d=st.pick("cake", "apple pie", "honey cake"))
    else:
        friends_end(st, x, y)


@plot
def promise(st):
    """A rule, a deed, the consequence that was foretold, and a promise."""
    x, g = st.hero(), st.grownup(away=True)
    st.x, st.g = x, g
    rule, because, deed, result, fix = st.pick(
        ("leave the gate open", "The goat will run away", "left the gate open",
         "the goat ran away", "They looked for the goat until they found it on the hill."),
        ("run with the eggs", "They will break", "ran with the eggs",
         "all the eggs broke", "They cleaned the floor together."),
        ("climb on the old wall", "You will fall", "climbed on the old wall",
         "{x.he} fell and hurt {x.his} knee", "{g} washed the knee and sang a song."),
        ("eat the green apples", "Your belly will hurt", "ate seven green apples",
         "{x.his} belly hurt", "{g} made some warm tea."),
        ("play near the wet paint", "You will be blue all over", "played near the wet paint",
         "{x.he} {x.was} blue from head to toe", "It took two hours to wash the paint off."),
        ("wake the baby", "He will cry", "sang very loud and woke the baby",
         "the baby cried and cried", "They rocked the baby until he slept again."),
        ("go out without a coat", "You will catch a cold", "went out without a coat",
         "{x.he} had a cold and could not stop sneezing", "{g} brought soup and a warm blanket."),
        ("throw stones at the nest", "The bees will be angry", "threw a stone at the nest",
         "the bees flew after {x.him}", "They hid in the barn until the bees were gone."))
    opening(st, x, st.pick("wanted to go out and play", "{x.was} staying with " + g.name, "{x.was} visiting " + g.name))
    st.speak(g, st.pick(f"Do not {rule}. {because}.", f"Please do not {rule}. {because}!", f"Remember, never {rule}! {because}."))
    st.speak(x, st.pick("I promise.", "I will remember.", "I know, I know."), to=g)
    st.focus = x
    st.say(st.pick("But {x.s} soon forgot.", "But {x.s} did not listen.", "{x.s} thought that once would do no harm.",
                   "But {x.s} {x.was} [curious|in a hurry]."))
    st.say(st.later() + ", {x.s} " + deed + ".")
    st.say(st.pick("And what happened? ", "", "Just as {g} had said, ", "It did not take long, and ") + result + ".")
    st.say("{x.s} {x.was} [ashamed|very sorry|close to tears].")
    st.speak(x, st.pick("I am sorry. I did not listen.", "I am so sorry!", "You were right. I am sorry."), how="quiet" if st.chance(0.3) else "")
    st.say(st.pick("{g.s} was not angry.", "{g.s} shook {g.his} head, but then {g.he} smiled.", "{g.s} sighed."))
    st.say(fix)
    st.speak(g, st.pick("Everyone makes mistakes.", "Next time, you will remember.", "What have you learned?"))
    st.say(st.pick(f"{{x.s}} promised never to {rule} again.", f"After that, {{x.s}} did not {rule} anymore.",
                   "And this time, {x.he} kept the promise."))


@plot
def snowman(st):
    """Made of listed parts; the sun takes the snow and leaves exactly those parts."""
    st.weather = "snowy"
    x = st.child()
    y, rel = friend(st, x)
    st.x, st.y = x, y
    hat, scarf = st.fresh(W.COLORS), st.fresh(W.COLORS)
    nose = st.pick("carrot", "stick", "potato", "pear")
    opening(st, x, f"went out to play in the snow with {y}")
    st.say(st.pick("They made three big balls of snow and put one on top of the other.",
                   "They rolled the snow into a big ball, a middle ball and a small ball.",
                   "They wanted to build a snowman as tall as the door."))
    st.say(f"{{x}} brought a {hat} hat, and {{y}} brought a {scarf} scarf.")
    st.say(f"A {nose} became the nose, and two " + st.pick("black stones", "nuts", "buttons") + " became the eyes.")
    name = st.pick("Mister Frost", "Captain Cold", "Old Winter")
    st.speak(y if st.chance(0.5) else x, st.pick(f"We will call him {name}!", f"His name is {name}!"))
    if st.chance(0.6):
        st.say("They danced around " + name + " until their [noses|feet] were cold.")
    st.say(f"For {W.NUMBERS[st.rng.randint(2, 7)]} days, {name} stood {st.pick('in front of the house', 'by the gate', 'in the garden')}.")
    st.say("Then the sun came out, and it grew warm.")
    st.say(f"[Day by day|Hour by hour], {name} grew [smaller|thinner and smaller].")
    st.say(f"In the end, there was nothing left but a {hat} hat, a {scarf} scarf and a {nose}.")
    st.focus = None
    st.say("{x} {was} sad, but {y} knew what to say.", was="was")
    st.speak(y, st.pick("He has only gone on a journey.", "Next winter, we will build him again.",
                        "He is in the river now, on the way to the sea."))
    if st.chance(0.7):
        st.say(f"They put the {hat} hat and the {scarf} scarf in a box and waited for the next winter.")
    else:
        st.say(f"{{x}} took the {hat} hat, and {{y}} took the {scarf} scarf, and they went home.")


@plot
def letter(st):
    """Three stretches of road to deliver a letter; the answer mentions its sender."""
    x = st.hero()
    a, b = st.grownup(), st.grownup(away=True)
    st.x, st.a, st.b = x, a, b
    c = st.fresh(W.COLORS)
    opening(st, x, f"got a {c} letter from {a}")
    st.speak(a, "[Please take this letter to {b}.|Please bring this to {b}. Do not lose it.]")
    st.maybe(0.5, "{x.s} put the letter in {x.his} [bag|pocket] and [set off|started to walk].")
    legs = [("through the forest", "it was dark between the trees", "sang a song"),
            ("across the bridge", "the boards were old and wet", "held on to the rope"),
            ("over the hill", "the road was steep", "rested three times"),
            ("along the river", "the mud was deep", "jumped from stone to stone"),
            ("past the old mill", "a big dog barked", "walked on tiptoe"),
            ("across the meadow", "the grass was tall", "followed the birds")]
    st.rng.shuffle(legs)
    for step, (way, hard, did) in zip(st.pick(("First", "After that", "At last"), ("First", "Next", "In the end")), legs):
        st.say(st.pick(f"{step}, {{x.s}} [went|walked] {way}. {hard}, so {{x.he}} {did}.",
                       f"{step}, the road went {way}. {hard}, but {{x.s}} {did}.",
                       f"{step}, {{x.s}} went {way}, and because {hard}, {{x.he}} {did}."))
    st.say(st.later() + ", {x.s} [knocked at|stood in front of] {b}'s door.")
    st.speak(x, st.pick(f"I have a letter from {a}!", f"This {c} letter is for you."))
    st.say("{b.s} opened the {c} letter and [began to smile|read it twice|laughed].", c=c)
    msg, ans = st.pick(("You are invited to dinner", "dinner"), ("Please come to the summer party", "the party"),
                       ("I miss you very much", "a visit"), ("My apples are ripe. Come and eat with me", "the apples"))
    st.out.append(f"It said: \"{msg}. Your friend, {a.name}.\"")
    st.speak(b, st.pick(f"Tell {a} that I will come!", f"How kind of {a}! I will come at once."), to=x)
    st.focus = None
    st.say("[As a thank you,|Then] {b} gave {x} " + st.pick("a warm bun", "a cup of hot milk", "a shiny coin", "three cookies") + ".")
    st.say(st.pick("{x.s} ran all the way back, over the same road.", "The way back was much shorter.",
                   "And so {x}, {a} and {b} met for " + ans + " [the next day|on Sunday]."))


@plot
def noise(st):
    """A strange noise, two wrong guesses and the right one."""
    x = st.hero()
    y, rel = friend(st, x)
    a = st.animal(named=False)
    st.x, st.y, st.a = x, y, a
    room = st.pick("under the roof", "in the kitchen", "behind the wall", "in the cellar", "in the old box")
    sound = st.pick("Tap, tap, tap", "Scratch, scratch", "Bump, bump", "Crack, crack, crack")
    st.say(st.pick("It was [late|a dark night], and {x.intro} {could} not sleep.",
                   "In the middle of the night, {x.intro} woke up."), could="could")
    st.say(f"There was a noise {room}.")
    st.out.append(f"\"{sound},\" it went.")
    st.maybe(0.6, "{x.s} [woke up|called|ran to] {x.his} " + rel + " {y}.")
    guesses = ["the wind", "a ghost", "the rain", "a robber", "the old clock"]
    st.rng.shuffle(guesses)
    st.speak(x, st.pick(f"Is it {guesses[0]}?", f"Maybe it is {guesses[0]}."), how="quiet")
    st.speak(y, {"the wind": "No, there is no wind tonight.", "a ghost": "No, there are no ghosts.",
                 "the rain": "No, the sky is clear.", "a robber": "No, the door is locked.",
                 "the old clock": "No, the clock stopped last week."}[guesses[0]], to=x)
    if st.chance(0.5):
        st.speak(x, f"Then it must be {guesses[1]}!")
        st.speak(y, {"the wind": "But the trees are not moving.", "a ghost": "Ghosts do not make noise.",
                     "the rain": "But the window is dry.", "a robber": "A robber would be quiet.",
                     "the old clock": "A clock sounds different."}[guesses[1]], to=x)
    c = st.fresh(W.COLORS)
    st.say(f"They took {st.pick('a lamp', 'a candle', 'a lantern')} and [crept|tiptoed|went] to look.")
    st.out.append(f"\"{sound},\" it went again.")
    st.focus = None
    st.say(st.pick("{x} [opened the door|held up the light], and there sat {a.intro}!",
                   f"Then they saw it: {room} sat {{a.intro}}!"))
    st.say(st.pick("{a.s} was looking for " + a.food + ".", "{a.s} only wanted a warm place to sleep.",
                   "{a.s} was trying to open a nut." if a.noun in ("squirrel", "crow", "mouse") else "{a.s} could not find the way home."))
    st.say(st.pick("{x} and {y} began to laugh.", "\"So that was our ghost!\" laughed {y}." if guesses[0] == "a ghost" else
                   "\"So it was only you!\" laughed {y}."))
    st.say(st.pick("They gave {a.him} " + a.food + " and a blanket.", "They made a bed for {a.him} next to the stove.",
                   f"In the morning, they brought {{a.him}} back to the {a.home}."))
    st.maybe(0.5, "After that, the house was quiet, and [everyone|{x}] slept until the sun came up.")


@plot
def bedtime(st):
    """Cannot sleep: wrong remedies, then the right one."""
    x, g = st.hero(), st.grownup(family=True)
    st.x, st.g = x, g
    st.say(st.pick("It was late, but {x.intro} could not sleep.", "The stars were out, and {x.intro} lay awake."))
    st.why, said, answer, cure = st.pick(
        ("the room was too dark", "My room is too dark.", "The moon will be your lamp.",
         "opened the curtain, and the moon shone in"),
        ("the bed was too cold", "My bed is too cold.", "You need a warmer blanket.",
         "brought a thick " + st.fresh(W.COLORS) + " blanket"),
        ("tomorrow was the first day of school", "Tomorrow is the first day of school.",
         "Everyone will be new there, just like you.", "told a story about the first day of school"),
        ("the house was too quiet", "It is much too quiet.", "I will sing you a song.", "sang a song about the sea"),
        ("there was thunder outside", "I do not like the thunder.", "The storm is far away.",
         "sat down beside the bed until the storm was gone"))
    st.say("[You see, {why}.|{x.s} {x.was} awake because {why}.]")
    tries = [("counted sheep", "at {n} sheep {x.he} {x.was} still awake"), ("drank a cup of warm milk", "it did not help"),
             ("turned from one side to the other", "it did not help"), ("closed {x.his} eyes", "they opened again"),
             ("hugged {x.his} pillow", "sleep did not come")]
    st.rng.shuffle(tries)
    st.n = st.pick("ten", "fifty", "a hundred")
    for i, (did, but) in enumerate(tries[:st.pick(2, 3)]):
        st.say(st.pick(["First, ", "Then ", "After that, "][i], "") + "{x.s} " + did + ", but " + but + ".")
    st.say("[At last|In the end], {x.s} [called|went to] {g}.")
    st.speak(x, f"I cannot sleep. {said}")
    st.speak(g, answer, to=x, how="softly")
    st.focus = g
    st.say("{g.s} " + cure + ".")
    st.maybe(0.5, "\"Good night, [my dear|little one],\" {g.he} whispered.")
    st.focus = None
    st.say(st.pick("{x} [smiled|yawned] and closed {x.his} eyes.", "{x} felt [safe|warm] and [happy|calm]."))
    st.say(st.pick("In [one minute|no time], {x.he} {x.was} [fast |]asleep.", "And when {g} looked again, {x.he} {x.was} [fast |]asleep."))


@plot
def learning(st):
    """Practice over three days: the failures go down, the last try works."""
    x = st.hero()
    y = st.grownup() if st.chance(0.4) else friend(st, x)[0]
    st.x, st.y = x, y
    skill, past, bad = st.pick(("ride a bike", "rode the bike", "fell into the grass"), ("swim", "swam", "went under"),
                               ("whistle", "whistled", "blew nothing but air"), ("skate", "skated", "fell on the ice"),
                               ("juggle", "juggled", "dropped the balls"), ("write a letter", "wrote a letter", "made a spot of ink"),
                               ("row a boat", "rowed the boat", "went around in circles"))
    st.skill = skill
    opening(st, x, f"watched how {y} {past}")
    st.speak(x, st.pick(f"I want to learn how to {skill}, too!", f"Can you teach me to {skill}?"))
    st.speak(y, st.pick("Of course! It only takes practice.", "It is not easy, but I will help you."), to=x)
    st.focus = None
    d = st.rng.randrange(7)
    a, b = sorted(st.rng.sample(range(2, 10), 2), reverse=True)
    st.say(f"On {W.DAYS[d]}, {{x.s}} tried {W.NUMBERS[a]} times, and every time {{x.he}} {bad}.")
    st.maybe(0.6, st.pick("\"I will never learn it,\" {x.he} sighed.", "\"Do not give up,\" said {y}.",
                          "{y} showed {x.him} how to do it again."))
    st.focus = x
    st.say(f"On {W.DAYS[(d + 1) % 7]}, {{x.s}} {bad} only {W.NUMBERS[b]} times.")
    st.maybe(0.4, f"That was {W.NUMBERS[a - b]} {'time' if a - b == 1 else 'times'} less than the day before.")
    st.say(f"On {W.DAYS[(d + 2) % 7]}, {{x.s}} took a deep breath and tried once more.")
    st.say(f"And this time, {{x.he}} {past}" + st.pick(" all alone", " like a bird" if skill in ("whistle", "skate") else " without help") + "!")
    st.speak(x, st.pick("Look, I can do it!", f"I can {skill}!", "Did you see that?"))
    st.speak(y, st.pick("I knew that you could do it.", "You did not give up. That is the secret.", f"Now you can teach {st.fresh(W.CHILDREN['he'] + W.CHILDREN['she'])}."), to=x, how="proudly")
    st.maybe(0.4, "From then on, they [went|came] out every {d} to {skill}.", d=W.DAYS[(d + 2) % 7])


@plot
def pulling(st):
    """A cumulative tale: the line of helpers grows and is told in order each time."""
    g = st.grownup()
    st.g = g
    thing = st.pick("turnip", "carrot", "pumpkin", "potato") 
    st.thing_ = thing
    st.say(st.pick("{g} planted a {thing_} in the garden.", "Once, {g} had a {thing_} in the garden."))
    st.say(st.pick("It grew and grew until it was as big as a [cow|wagon|house].", "It was the biggest {thing_} in the land."))
    st.say("[One day|In autumn|On Sunday], {g} wanted to pull it out.")
    line = [g.name]
    st.say("{g.s} pulled and pulled, but the {thing_} did not move.")
    count = st.pick(2, 3, 3)
    smallest = st.animal(named=False, skills=["squeeze"])
    helpers = [st.child()] + [st.animal(named=False) for _ in range(count - 1)] + [smallest]
    for i, h in enumerate(helpers):
        name = h.name
        st.h = h
        st.say(st.pick(f"So {line[-1]} called {name}.", f"Then {name} came to help."))
        line.append(name)
        chain = list(reversed(line))
        st.say(", ".join(f"{a} pulled {b}" for a, b in zip(chain, chain[1:])) + f", and {g.name} pulled the {thing}.")
        if i < len(helpers) - 1:
            st.say(st.pick("They pulled and pulled, but it did not move.", "But the {thing_} [stayed where it was|did not move]."))
    st.say(st.pick("They pulled and pulled, and out came the {thing_}!", "And pop! Out came the {thing_}!"))
    st.say(st.pick("They all fell down and laughed.", "\"I did it!\" said {h}, and everyone laughed.",
                   "{g} made soup for all of them, and {h} got the biggest bowl.",
                   "\"Even the smallest one can help,\" said {g}."))


@plot
def just_right(st):
    """Too much, too little, just right: three shops and one thing."""
    x, y = st.hero(), st.grownup(family=True)
    o = st.thing()
    st.x, st.o, st.y = x, o, y
    opening(st, x, "went to the market to buy " + ("new " if o.many else "a new ") + o.noun)
    a, b, c = st.fresh(W.COLORS), st.fresh(W.COLORS), o.color
    bad = [("too big", "too small"), ("too old", "too thin"), ("too heavy", "too long"), ("too small", "too big")]
    bad = st.pick(*bad)
    one = (lambda col: f"{col} {o.noun}") if o.many else (lambda col: f"a {col} {o.noun}")
    stall = st.rng.sample(W.ROLES, 3)
    st.say(f"The {stall[0]} had {one(a)}, but {o.they} {o.was} {bad[0]}.")
    st.say(f"The {stall[1]} had {one(b)}, but {o.they} {o.was} {bad[1]}.")
    st.maybe(0.4, "{x.s} {x.was} tired and wanted to go home.")
    st.say(f"Then {{x.s}} came to the {stall[2]}, who had {one(c)}.")
    st.say(f"{o.they} {o.was} not {bad[0]} and not {bad[1]}. {o.they} {o.was} just right!")
    st.speak(x, st.pick(f"I will take the {c} {o.one}!", f"May I have the {c} {o.noun}, please?"))
    n = st.rng.randint(2, 9)
    st.out.append(f"\"That will be {W.NUMBERS[n]} coins,\" said the {stall[2]}.")
    st.focus = None
    st.say(st.pick("{x} paid and [went|ran|walked] home with {o.the}.", f"{{x}} counted {W.NUMBERS[n]} coins into the {stall[2]}'s hand."))
    st.speak(y, st.pick(f"What {'fine' if o.many else 'a fine'} {o}!", f"Why did you take the {c} {o.one}?"))
    st.speak(x, f"The {a} {o.one} {o.was} {bad[0]} and the {b} {o.one} {o.was} {bad[1]}.", to=y)
    if st.chance(0.5):
        night(st, x, o.the)
    else:
        st.say("{x.s} {o.used} {o.the} [every day|all week|until winter].")


RIDDLES = {
    "a table": "four legs, but I cannot walk", "a clock": "two hands, but I cannot clap",
    "a needle": "one eye, but I cannot see", "a river": "a mouth, but I cannot eat",
    "a book": "many leaves, but I am not a tree", "a bottle": "a neck, but I have no head",
    "a comb": "many teeth, but I cannot bite", "a piano": "many keys, but I cannot open a door",
    "a shoe": "a tongue, but I cannot speak",
}


@plot
def riddle(st):
    """A riddle guards the way; the wrong answers come before the right one."""
    x = st.hero()
    a = st.animal(named=False, skills=["fly", "push"])
    st.x, st.a = x, a
    gate = st.pick("bridge", "gate", "tower", "cave", "tunnel")
    goal = st.grownup(away=True)
    opening(st, x, f"{{x.was}} on the way to {goal.name}'s house")
    st.say(f"In front of the {gate} sat {{a.intro}}.")
    right = st.pick(*RIDDLES)
    wrong = [r for r in RIDDLES if r != right]
    st.rng.shuffle(wrong)
    st.speak(a, st.pick("Stop! First you must solve my riddle.", "Nobody may pass without the right answer!"))
    st.speak(x, st.pick("I like riddles!", "Then let me hear it.", "I will try."), to=a)
    st.out.append(f"\"I have {RIDDLES[right]}. What am I?\" asked {a.name}.")
    st.focus = None
    for w in wrong[:st.pick(0, 1, 1, 2)]:
        st.speak(x, st.pick(f"Are you {w}?", f"Is it {w}?"))
        st.speak(a, st.pick("No. Think again.", f"No! {w} has {RIDDLES[w].split(',')[0]}.", "Wrong! Try again."), to=x)
    st.say(st.pick("{x} [sat down and |]thought for a long time.", "{x} closed {x.his} eyes and thought."))
    st.speak(x, st.pick(f"I know! You are {right}!", f"It is {right}!"))
    st.speak(a, st.pick("That is right! You may pass.", "Nobody has ever solved it before!"), to=x)
    st.say(f"{{a.s}} [stepped aside|made room], and {{x}} went {'into' if gate in ('tower', 'cave', 'tunnel') else 'through' if gate == 'gate' else 'across'} the {gate}.")
    if st.chance(0.6):
        st.say(st.later() + f", {{x.s}} told {goal.name} the riddle.")
        st.say(f"{goal.name} " + st.pick("could not solve it.", f"thought it was {wrong[-1]}.", "solved it at once."))
    else:
        st.say("{x.s} laughed all the way to " + goal.name + "'s house.")


@plot
def storm(st):
    """Out on the water, the weather turns; a light shows the way."""
    st.weather, x = "sunny", st.hero()
    y, rel = friend(st, x)
    st.x, st.y = x, y
    c = st.fresh(W.COLORS)
    boat = f"{c} boat"
    st.boat = boat
    opening(st, x, f"sailed out on the sea with {y} in a {st.pick('small', 'little', 'old')} {boat}")
    st.say(st.pick("They wanted to [catch fish|see the whales|visit the island].", "They sang songs and ate bread and cheese."))
    n = st.rng.randint(2, 9)
    fish = st.chance(0.5)
    if fish:
        st.say(f"They caught {W.NUMBERS[n]} fish.")
    st.say("[Suddenly|" + st.later() + "], the sky grew dark and the waves grew [high|higher and higher].")
    st.say(st.pick("The {boat} danced up and down like a cork.", "Water came over the side of the {boat}."))
    st.speak(x, st.pick("I cannot see the land!", "What shall we do?", "Hold on!"))
    if st.chance(0.5):
        st.say("{y} [took a bucket|used a cup] and threw the water out, while {x} held the rope.")
    else:
        st.say("{x} [took a bucket|used a cup] and threw the water out, while {y} held the rope.")
    if fish and st.chance(0.5):
        lost = st.rng.randint(1, n - 1)
        st.say(f"A big wave took {W.NUMBERS[lost]} of the fish.")
        n -= lost
    keeper = st.pick("sailor", "painter", "teacher")
    st.say(st.pick("Then they saw a light.", "Far away, a light was shining.") + " It came from the lighthouse!")
    st.speak(y, st.pick("We must row to the light!", "Look! That is the way home."))
    st.say("They rowed and rowed until the {boat} [reached|came to] the harbor.")
    st.say(f"There stood the {keeper} with a lantern and two {st.pick('dry', 'warm', 'thick')} blankets.")
    st.say(st.pick("\"We saw your light,\" said {x}.", f"\"Your light saved us,\" {{x}} told the {keeper}."))
    if fish:
        st.say(f"They gave the {keeper} {'the last' if n == 1 else 'both' if n == 2 else 'all ' + W.NUMBERS[n]} fish to say thank you.")
    else:
        st.say("[By the fire|In the warm kitchen], they drank hot tea and listened to the wind.")
    st.maybe(0.5, "The next day, the sea was [quiet|blue and still], and the {boat} [was dry|shone in the sun] again.")
