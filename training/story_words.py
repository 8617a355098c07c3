"""The words of the story grammar: who may appear, what they own, where they go.

Nothing here is random and nothing here is a sentence; story_grammar.py draws
from these tables and story_plots.py turns the draws into stories. Facts are kept
together with the word they belong to (a rabbit hops, eats carrots, lives in a
burrow and can dig), because those facts are what a model can learn from the text.
"""

# Children by pronoun. "they" is a third, rarer class with plural verbs.
CHILDREN = {
    "she": "Mia Anna Lily Rosa Nora Zoe Ella Maya Ruby Ida".split(),
    "he": "Ben Tom Max Leo Sam Omar Finn Jack Theo Hugo".split(),
    "they": "Robin Sky Ash Kit".split(),
}
CHILD_NOUN = {"she": "girl", "he": "boy", "they": "child"}
SIBLING = {"she": "sister", "he": "brother", "they": "cousin"}

PET_NAMES = {
    "she": "Dot Coco Hazel Poppy Tilly Clover".split(),
    "he": "Pip Moss Otto Rufus Bean Biscuit".split(),
}

# Grown-ups: (name, pronoun). Roles can be a man or a woman.
FAMILY = [("Grandma", "she"), ("Grandpa", "he"), ("Mother", "she"), ("Father", "he"),
          ("Aunt June", "she"), ("Uncle Bo", "he")]
ROLES = "baker farmer teacher gardener sailor miller painter".split()

# kind: (adjectives, how it moves, what it says, food, home, skill)
ANIMALS = {
    "fox": ("red young", "trotted", "yipped", "some berries", "den under the hill", None),
    "rabbit": ("white brown", "hopped", "squeaked", "a carrot", "burrow in the meadow", "dig"),
    "mole": ("black tiny", "shuffled", "sniffed", "some roots", "tunnel under the garden", "dig"),
    "dog": ("brown big", "ran", "barked", "a bone", "little house by the gate", "dig"),
    "mouse": ("gray tiny", "scurried", "squeaked", "some cheese", "hole behind the stove", "squeeze"),
    "hedgehog": ("round small", "shuffled", "sniffed", "a pear", "nest under the leaves", "squeeze"),
    "owl": ("old wise", "flew", "hooted", "some seeds", "hollow in the oak", "fly"),
    "crow": ("black clever", "flew", "cawed", "some corn", "nest in the pine", "fly"),
    "sparrow": ("small brown", "fluttered", "chirped", "some crumbs", "nest under the roof", "fly"),
    "squirrel": ("red quick", "leaped", "chattered", "a nut", "hollow in the maple tree", "climb"),
    "cat": ("gray black", "padded", "meowed", "some milk", "basket by the fire", "climb"),
    "duck": ("white yellow", "waddled", "quacked", "some bread", "nest in the reeds", "swim"),
    "frog": ("green small", "jumped", "croaked", "a fly", "lily pad on the pond", "swim"),
    "turtle": ("old green", "crawled", "hummed", "some lettuce", "log by the river", "swim"),
    "beaver": ("brown busy", "paddled", "grunted", "some bark", "dam across the stream", "swim"),
    "bear": ("big brown", "walked", "growled", "some honey", "cave in the forest", "push"),
    "goat": ("white old", "trotted", "bleated", "some hay", "shed behind the barn", "push"),
    "pony": ("brown gentle", "galloped", "snorted", "an apple", "stable on the farm", "push"),
}

COLORS = "red blue green yellow purple orange white pink golden silver".split()

# noun: (extra adjectives, to use it, used it, has used it, where it can get stuck)
THINGS = {
    "ball": ("round bouncy", "bounce", "bounced", "bounced", "high water hole"),
    "kite": ("big paper", "fly", "flew", "flown", "high"),
    "hat": ("tall woolen", "wear", "wore", "worn", "high water"),
    "boat": ("wooden little", "sail", "sailed", "sailed", "water"),
    "drum": ("loud little", "play", "played", "played", "heavy"),
    "whistle": ("shiny tiny", "blow", "blew", "blown", "hole heavy"),
    "bell": ("shiny little", "ring", "rang", "rung", "hole heavy"),
    "scarf": ("long soft", "wear", "wore", "worn", "high"),
    "balloon": ("big round", "hold", "held", "held", "high"),
    "marble": ("smooth tiny", "roll", "rolled", "rolled", "hole"),
    "wagon": ("wooden old", "pull", "pulled", "pulled", "heavy"),
    "flute": ("thin wooden", "play", "played", "played", "water heavy"),
    "lantern": ("bright old", "light", "lit", "lit", "heavy"),
    "mittens": ("warm woolen", "wear", "wore", "worn", "high"),
    "boots": ("shiny new", "wear", "wore", "worn", "water"),
    "puppet": ("funny little", "hug", "hugged", "hugged", "heavy hole"),
}
PLURAL_THINGS = {"mittens", "boots"}

# place: (preposition phrase, spots where something may lie or hide)
PLACES = {
    "the park": ("in", "under a bench|behind the swings|next to the fountain|under the maple tree"),
    "the beach": ("on", "behind a hill of sand|under a boat|between two rocks|next to a heap of shells"),
    "the forest": ("in", "under a fern|behind a mossy log|between the roots of an oak|next to a mushroom"),
    "the garden": ("in", "behind the roses|under a big leaf|next to the watering can|between the cabbages"),
    "the market": ("at", "under a table|behind a basket of apples|next to the bread stand|between two barrels"),
    "the meadow": ("in", "in the tall grass|behind a haystack|under a bush|next to the fence"),
    "the river": ("by", "under the bridge|behind a willow|between two stones|next to the old boat"),
    "the barn": ("in", "under the hay|behind the ladder|next to the milk can|inside an empty bucket"),
    "the library": ("in", "behind a shelf|under a chair|between two thick books|next to the lamp"),
    "the hill": ("on", "behind the mill|under the pine|between two bushes|next to the big rock"),
    "the orchard": ("in", "under a pear tree|behind a cart|next to a ladder|inside a basket"),
    "the harbor": ("at", "under a net|behind a barrel|next to the lighthouse|inside an old boat"),
}
INDOORS = {"the barn", "the library"}

# weather: (adjective, opening sentences, a later sentence that fits, how it ends)
WEATHER = {
    "sunny": ("The sun was [warm|bright] and the sky was blue.|The birds were singing in the warm sun.",
              "The sun was still [warm|shining].", "The sun went down behind the hill."),
    "windy": ("The wind was blowing [hard|through the trees].|Leaves were dancing in the wind.",
              "The wind was still blowing.", "At last the wind grew quiet."),
    "rainy": ("Rain was falling on the roofs.|There were puddles [on the road|everywhere].",
              "The rain was still falling.", "At last the rain stopped."),
    "snowy": ("Snow was falling [softly|on the roofs].|Everything was white and quiet.",
              "The snow was still falling.", "The snow shone in the moonlight."),
    "foggy": ("Fog lay over the [fields|river].|It was hard to see [far|the road] in the fog.",
              "The fog was still thick.", "At last the fog went away."),
    "cloudy": ("Gray clouds hung over the [hills|town].|The sky was gray and still.",
               "The sky was still gray.", "Then the clouds opened and the stars came out."),
}

NUMBERS = "zero one two three four five six seven eight nine ten".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()

# Food that can be counted: (one, many)
TREATS = [("apple", "apples"), ("cookie", "cookies"), ("plum", "plums"), ("bun", "buns"),
          ("pear", "pears"), ("muffin", "muffins"), ("cherry", "cherries"), ("pancake", "pancakes")]

# ingredient: (where it comes from, whom to ask there, "was"/"were")
INGREDIENTS = {
    "flour": ("the mill", "the miller"), "milk": ("the barn", "the farmer"),
    "eggs": ("the farm", "the farmer"), "honey": ("the beehives", "the gardener"),
    "apples": ("the orchard", "the gardener"), "carrots": ("the garden", "the gardener"),
    "salt": ("the harbor", "the sailor"), "butter": ("the market", "the baker"),
    "berries": ("the forest", "the bear"), "nuts": ("the old oak", "the squirrel"),
}
# dish: (ingredients, cooked how)
DISHES = {
    "apple pie": ("flour butter apples honey eggs", "bake", "baked", "oven"),
    "carrot soup": ("carrots salt butter milk", "cook", "cooked", "pot"),
    "honey cake": ("flour honey eggs milk nuts", "bake", "baked", "oven"),
    "nut bread": ("flour nuts salt milk", "bake", "baked", "oven"),
    "berry jam": ("berries honey apples", "cook", "cooked", "pot"),
    "berry tart": ("flour berries butter eggs", "bake", "baked", "oven"),
}
