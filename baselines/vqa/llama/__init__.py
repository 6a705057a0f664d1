"""All that touches llama.cpp: the answerers with a vision model, its files and names, its pictures, its grammars."""
