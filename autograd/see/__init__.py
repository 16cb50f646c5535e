"""For people who look: pictures, trees, paths, explanations, a page to step through."""
