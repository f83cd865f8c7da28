// Answers that the pictures show.

/** A table, a list, code. */
export const FORMATTED = `Warm water and a little sugar wake the yeast; salt slows it. For one loaf:

| What | How much | Why |
|:-----|---------:|:----|
| Flour | 500 g | Strong flour holds the gas |
| Water | 350 g | 70 % makes an open crumb |
| Salt | 10 g | Taste, and a slower rise |
| Yeast | 3 g | Less of it, and more time |

1. Mix until no dry flour is left, then wait **thirty minutes**.
2. Fold four times in two hours.
3. Shape it, and leave it overnight in the cold.

To scale it for any weight of dough:

\`\`\`python
def loaf(dough_g: float, water: float = 0.70) -> dict[str, float]:
    """Weights in grams; water is a share of the flour."""
    flour = dough_g / (1 + water + 0.02 + 0.006)
    return {"flour": flour, "water": flour * water}
\`\`\`

> Bake at 240 °C with steam for twenty minutes, then at 210 °C until the crust is dark.

\`loaf(800)\` gives the weights for a tin of one litre.`;

/** Prose with a list, long enough to be caught in the middle. */
export const PLAIN = `The dough is ready when it has grown by half, not when the clock says so. Three signs are worth more than a timer:

- the surface is domed and trembles when you move the bowl,
- bubbles show at the side of the glass,
- a floured finger leaves a dent that comes back slowly.

If it comes back at once, wait another half an hour and look again; in a cold kitchen this may take twice as long as the recipe says, and that is no loss, because the slow hours are where the taste comes from, and a loaf that has had them keeps for a day longer than one that was hurried along with more yeast and a warm oven, as most people are told to do.`;

/** Nothing here fits its place by itself. */
export const LONG_WORDS = `# Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft

An address: https://example.com/a/very/long/path/that/never/ends/and/has/no/place/where/a/line/could/break/without/being/told?with=a&long=query, and \`inline_code_that_is_longer_than_a_phone_is_wide_and_has_no_gap_at_all\`.

| Region | January | February | March | April | May | June | July |
|:--|--:|--:|--:|--:|--:|--:|--:|
| North, with the islands | 1,204 | 1,310 | 1,288 | 1,402 | 1,377 | 1,290 | 1,455 |
| South | 904 | 1,010 | 988 | 1,102 | 1,077 | 990 | 1,155 |

\`\`\`sql
SELECT conversation.title, count(*) AS messages, max(message.created_at) AS latest FROM conversation JOIN message ON message.conversation = conversation.id GROUP BY conversation.title;
\`\`\`

1. A point whose wordthatisfartoolongtofitonanyphoneandshouldthereforebebrokensomewhereinthemiddle goes on.
   - One inside it, with a longer sentence that has to go over two lines even on a wide screen, as sentences do.
     - And one inside that.
10. The tenth, whose number is wider.`;
