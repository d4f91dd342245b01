module einklang

go 1.26
