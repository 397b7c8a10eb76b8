meta:
	id: m
