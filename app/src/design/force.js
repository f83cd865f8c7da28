{
  const states = /:(hover|active|focus-visible)(?![\w-])/g;
  const twin = (owner) => {
    for (let at = owner.cssRules.length - 1; at >= 0; at -= 1) {
      const rule = owner.cssRules[at];
      if (rule.selectorText?.match(states)) {
        const selector = rule.selectorText.replace(states, '[data-force~="$1"]');
        owner.insertRule(`${selector} { ${rule.style.cssText} }`, at + 1);
      } else if (rule.cssRules) {
        twin(rule);
      }
    }
  };
  for (const sheet of document.styleSheets) twin(sheet);
}
