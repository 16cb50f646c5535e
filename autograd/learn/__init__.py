"""For people who learn: is this gradient right, where does that infinity come from, which mistake is this?"""
