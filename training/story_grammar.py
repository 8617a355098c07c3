"""Seeded generator of tiny children's stories: the engine.

A story is a cast (people, animals, things), a place, a weather and a time of day,
and one plot from story_plots.py that tells what happens to them. Sentences are
written in a small template language:

    [a|b|c]     one of the alternatives (may nest; an empty one makes it optional)
    {x.s}       what x is called as a subject here: a name, "the girl" or a pronoun
    {x.was}     "was" or "were", agreeing with the form just used for x
    {o.a}       a thing as new ("a shiny red ball"), {o.the} as known ("the red ball")

Print a few:  python3 training/story_grammar.py --seed 1 --count 5
"""
import argparse
import random
import re

import story_words as W

PRONOUNS = {"she": ("she", "her", "her"), "he": ("he", "him", "his"),
            "they": ("they", "them", "their"), "it": ("it", "it", "its")}
INNER = re.compile(r"\[([^\[\]]*)\]")


class Who:
    """A person or an animal. Remembers how it was last called, for agreement."""

    def __init__(self, story, name, pron, noun, adj="", home=None, kind=None):
        self.story, self.name, self.pron, self.noun, self.adj = story, name, pron, noun, adj
        self.home, self.kind, self.last = home, kind, "name"
        self.he_, self.him, self.his = PRONOUNS[pron]
        if kind:
            _, self.moved, self.sounded, self.food, self.home, self.skill = W.ANIMALS[kind]
        self.home_prep = "on" if self.home and self.home.split()[0] in ("lily", "log") else "in"
        self.limb = "hand" if not kind else "wing" if self.moved in ("flew", "fluttered", "waddled") else "foot"

    def __format__(self, _spec):
        self.last = "name"
        focus = self.story.focus
        if focus and focus is not self and focus.pron == self.pron:
            self.story.rival = True  # two that share a pronoun: the next one needs a name
        return self.name

    @property
    def s(self):
        """Subject. A pronoun only when the sentence before was about the same one."""
        if self.story.focus is self and not self.story.rival and self.story.rng.random() < 0.7:
            return self.he
        self.story.focus, self.last, self.story.rival = self, "name", False
        named = self.name != "the " + self.noun
        return "the " + self.noun if named and self.noun and self.story.rng.random() < 0.15 else self.name

    @property
    def he(self):
        self.story.focus, self.last = self, "pron"
        return self.he_

    @property
    def was(self):
        return "were" if self.last == "pron" and self.pron == "they" else "was"

    @property
    def intro(self):
        self.story.focus, self.last, self.story.rival = self, "name", False
        if self.name == "the " + self.noun:
            return f"a {self.adj} {self.noun}"
        called = self.story.pick("named", "called")
        return f"a {self.adj} {self.noun} {called} {self.name}".replace("  ", " ")


class Thing:
    """A thing with a colour and one more attribute; both can be asked for again later."""

    def __init__(self, story, noun, adj, color):
        self.story, self.noun, self.adj, self.color = story, noun, adj, color
        many = noun in W.PLURAL_THINGS
        self.it, self.was, self.one = ("them", "were", "ones") if many else ("it", "was", "one")
        self.they, self.is_ = ("they", "are") if many else ("it", "is")
        self.many = many
        self.use, self.used, self.has_used = W.THINGS[noun][1:4]
        self.desc = f"{color} {noun}"
        # "a shiny red ball", but "a red wooden boat"
        self.full = f"{color} {adj} {noun}" if adj in ("wooden", "woolen", "paper") else f"{adj} {color} {noun}"

    def __format__(self, _spec):
        return self.desc

    @property
    def a(self):
        return ("some " if self.many else "a ") + self.full

    @property
    def the(self):
        return f"the {self.desc if self.story.rng.random() < 0.6 else self.noun}"


class Story:
    """Collects the sentences of one story and hands out its cast without repeats."""

    def __init__(self, rng):
        self.rng, self.out = rng, []
        self.focus, self.rival = None, False  # whom a pronoun would mean, and whether that is clear
        self.taken = set()
        self.weather = self.pick(*W.WEATHER)
        self.clock = rng.choice([0, 0, 1, 2, 2])  # early, morning, noon, afternoon

    # -- drawing -----------------------------------------------------------
    def pick(self, *options):
        return self.rng.choice(options)

    def fresh(self, options):
        """One option that this story has not used yet."""
        left = [o for o in options if o not in self.taken]
        chosen = self.rng.choice(left)
        self.taken.add(chosen)
        return chosen

    def chance(self, p):
        return self.rng.random() < p

    def child(self, pron=None):
        pron = pron or self.rng.choices(["she", "he", "they"], [43, 43, 14])[0]
        adj = self.pick("", "little", "young", "small")
        return Who(self, self.fresh(W.CHILDREN[pron]), pron, W.CHILD_NOUN[pron], adj)

    def animal(self, named=True, skills=None, pron=None):
        kinds = [k for k, v in W.ANIMALS.items() if not skills or v[5] in skills]
        kind = self.fresh(kinds)
        adj = self.pick(*W.ANIMALS[kind][0].split())
        if not named:
            return Who(self, "the " + kind, pron or self.pick("she", "he", "it"), kind, adj, kind=kind)
        pron = pron or self.pick("she", "he")
        return Who(self, self.fresh(W.PET_NAMES[pron]), pron, kind, adj, kind=kind)

    def hero(self):
        return self.child() if self.chance(0.65) else self.animal()

    def grownup(self, away=False, family=False):
        """Family or somebody from the town; `away` for one who lives elsewhere."""
        if family or self.chance(0.6):
            name, pron = self.fresh([f for f in W.FAMILY if not (away and f[0] in ("Mother", "Father"))])
            return Who(self, name, pron, "")
        role = self.fresh(W.ROLES)
        return Who(self, "the " + role, self.pick("she", "he"), role, self.pick("old", "kind", "young"))

    def thing(self, stuck=None, noun=None, color=None):
        nouns = [n for n, v in W.THINGS.items() if not stuck or stuck in v[4].split()]
        noun = noun or self.fresh(nouns)
        return Thing(self, noun, self.pick(*W.THINGS[noun][0].split()), color or self.fresh(W.COLORS))

    def place(self, outdoors=False):
        """(name, "in the park", its spots)"""
        name = self.fresh([p for p in W.PLACES if not (outdoors and p in W.INDOORS)])
        prep, spots = W.PLACES[name]
        spots = spots.split("|")
        self.rng.shuffle(spots)
        return name, f"{prep} {name}", spots

    # -- writing -----------------------------------------------------------
    def expand(self, text):
        while True:
            text, n = INNER.subn(lambda m: self.rng.choice(m.group(1).split("|")), text)
            if not n:
                return text

    def text(self, template, **extra):
        """Template to plain words, without sentence case."""
        text = self.expand(template).format(**{**self.__dict__, **extra})
        text = self.expand(text)  # words from the tables may hold alternatives too
        text = re.sub(r"\s+", " ", text).replace(" ,", ",").replace(" .", ".").strip()
        return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)

    def say(self, template, **extra):
        text = self.text(template, **extra)
        if text:
            self.out.append(sentence_case(text))

    def maybe(self, p, template, **extra):
        if self.chance(p):
            self.say(template, **extra)

    def speak(self, who, words, to=None, how=""):
        """Direct speech: the tag goes before, between or after the words."""
        words = sentence_case(self.text(words))
        first, rest = split_first(words)
        split = rest and self.chance(0.55)
        ending = first[-1] if split else words[-1]
        verb = {"?": "asked", "!": "said" if how else self.pick("cried", "called", "said", "shouted")}.get(
            ending, self.pick("said", "said", "said", "answered" if to else "said"))
        if how == "quiet":
            verb, how = "whispered", ""
        if who.kind and who.name.startswith("the ") and ending == "." and self.chance(0.4):
            verb = who.sounded if who.sounded in ("hooted", "croaked", "growled", "squeaked",
                                                  "chirped", "quacked", "barked") else verb
        tail = f" {how}" if how and self.chance(0.7) else ""
        if self.focus is who and not self.rival and self.chance(0.7):
            tag = f"{who.he} {verb}{tail}"
        else:
            self.focus, self.rival = who, False
            tag = f"{verb} {who}" if self.chance(0.5) else f"{who} {verb}"
            tag += tail
        if not split and self.chance(0.2) and not tag.startswith(verb):
            self.out.append(f"{sentence_case(tag)}, \"{words}\"")
        elif split:
            self.out.append(f"\"{comma(first)}\" {tag}. \"{rest}\"")
        else:
            self.out.append(f"\"{comma(words)}\" {tag}.")

    # -- time and weather --------------------------------------------------
    def when(self):
        """Opening time phrase."""
        w = self.weather
        return self.pick(*[("early one morning", f"early one {w} morning", "at sunrise"),
                           ("one morning", f"one {w} morning"), ("one day", f"one {w} day"),
                           ("one afternoon", f"one {w} afternoon")][self.clock])

    def sky(self, p=0.6):
        if self.chance(p):
            self.say(self.pick(*split_outside(W.WEATHER[self.weather][0])))

    def later(self):
        """A time phrase after the opening; the clock only moves forward."""
        self.clock = min(self.clock + self.pick(1, 1, 2), 4)
        return self.pick(*[(), ("later that morning", "before noon"), ("at noon", "by noon"),
                           ("that afternoon", "in the afternoon"),
                           ("that evening", "in the evening", "when the sun was low")][self.clock])

    def finish(self):
        return " ".join(self.out)


def split_outside(text):
    """Split at '|' but not inside [..]."""
    return re.split(r"\|(?![^\[]*\])", text)


def split_first(words):
    m = re.match(r"(.+?[.!?]) (.+)", words)
    return (m.group(1), m.group(2)) if m else (words, "")


def comma(words):
    return words[:-1] + "," if words.endswith(".") else words


def sentence_case(text):
    """Capital at the start, and after . ! ? outside quotes."""
    text = re.sub(r"^(\W*)(\w)", lambda m: m.group(1) + m.group(2).upper(), text)
    return re.sub(r"([.!?] )([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)


def make_story(rng):
    from story_plots import PLOTS  # the plots import this module's helpers
    story = Story(rng)
    rng.choice(PLOTS)(story)
    return story.finish()


def stories(seed, stream):
    """Endless stories. `stream` keeps training, calibration and held-out apart."""
    rng = random.Random(f"quantelier-{stream}-{seed}")
    while True:
        yield make_story(rng)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--count", type=int, default=5)
    args = ap.parse_args()
    source = stories(args.seed, "print")
    for _ in range(args.count):
        print(next(source) + "\n")
