"""Whom the sample shop sells to: names by language, and where people who speak it live.

A name outside the Latin script is written `native=latin`; the Latin form is for the e-mail address.
"""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A name as it is written, and in Latin letters for an e-mail address."""

    text: str
    latin: str


@dataclass(frozen=True, slots=True)
class Language:
    """`share` of all customers; `cities` with their relative weights."""

    code: str
    share: float
    female: tuple[Name, ...]
    male: tuple[Name, ...]
    family: tuple[Name, ...]
    cities: tuple[tuple[str, float], ...]


COUNTRIES = {
    "London": "United Kingdom", "Berlin": "Germany", "München": "Germany", "Madrid": "Spain",
    "Ciudad de México": "Mexico", "New York": "United States", "Singapore": "Singapore", "Dubai":
    "United Arab Emirates", "Tokyo": "Japan", "Athens": "Greece",
}  # fmt: skip
HOME_COUNTRY = "India"


def country_of(city: str) -> str:
    return COUNTRIES.get(city, HOME_COUNTRY)


def _names(text: str) -> tuple[Name, ...]:
    return tuple(Name(native, _latin(latin or native)) for native, _, latin in
                 (word.partition("=") for word in text.split()))  # fmt: skip


def _latin(text: str) -> str:
    """Lower-case ASCII letters only, as they stand in an e-mail address."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if letter.isascii() and letter.isalpha())


def _language(code: str, share: float, female: str, male: str, family: str, cities: str) -> Language:
    places = (place.strip().rsplit(" ", 1) for place in cities.split(","))
    return Language(
        code, share, _names(female), _names(male), _names(family),
        tuple((city, float(weight)) for city, weight in places),
    )  # fmt: skip


LANGUAGES = (
    _language(
        "hi", 0.22,
        "Priya Ananya Neha Pooja Kavya Shreya Anjali Ritu Sunita Meera Nisha Swati Divya Radhika Isha Tanvi",
        "Rahul Amit Rohan Vikram Arjun Sanjay Manish Deepak Karan Aditya Nikhil Varun Rajesh Gaurav Ankit",
        "Sharma Verma Gupta Singh Agarwal Mishra Pandey Tiwari Saxena Srivastava Yadav Chauhan Joshi Kapoor",
        "Delhi 42, Mumbai 18, Jaipur 12, Lucknow 11, Pune 8, Bengaluru 7, Dubai 2",
    ),
    _language(
        "mr", 0.13,
        "Sneha Aarti Madhuri Vaishali Prachi Rutuja Gauri Mrunal Ashwini Sayali",
        "Sachin Omkar Prasad Tejas Swapnil Mandar Ajinkya Shubham Nilesh Yash",
        "Patil Deshmukh Kulkarni Jadhav Pawar Deshpande Shinde Kale Gokhale Bhosale",
        "Mumbai 52, Pune 40, Bengaluru 5, Singapore 3",
    ),
    _language(
        "kn", 0.08,
        "Chaitra Deepika Nandini Bhavya Sahana Pavithra Ramya Sindhu",
        "Kiran Manjunath Prashanth Chetan Raghu Girish Naveen Darshan",
        "Gowda Hegde Rao Shetty Murthy Bhat Nayak Kamath",
        "Bengaluru 82, Mumbai 8, Hyderabad 7, London 3",
    ),
    _language(
        "ta", 0.09,
        "Lakshmi Meenakshi Kavitha Revathi Janani Abinaya Yamini Sowmya",
        "Karthik Senthil Arun Vignesh Murugan Prabhu Surya Balaji",
        "Subramanian Krishnan Raman Natarajan Iyer Sundaram Murugesan Pillai",
        "Chennai 64, Bengaluru 25, Singapore 6, London 5",
    ),
    _language(
        "te", 0.08,
        "Sravani Lavanya Harika Swapna Keerthi Anusha Mounika Sirisha",
        "Venkat Srinivas Ravi Praveen Sandeep Charan Naresh Kalyan",
        "Reddy Naidu Chowdary Varma Prasad Raju Sastry Goud",
        "Hyderabad 70, Bengaluru 20, Chennai 8, New York 2",
    ),
    _language(
        "bn", 0.08,
        "Ananya Moumita Sudeshna Riya Paromita Sohini Debjani Tanushree",
        "Sourav Subhash Anirban Arindam Debashish Partha Abhijit Kaushik",
        "Banerjee Chatterjee Mukherjee Das Bose Ghosh Sen Dutta",
        "Kolkata 72, Delhi 12, Bengaluru 10, Mumbai 6",
    ),
    _language(
        "gu", 0.07,
        "Hetal Jinal Krupa Mital Nirali Payal Urvi Zeel",
        "Chirag Dhaval Hardik Jignesh Mehul Parth Rushabh Vishal",
        "Patel Shah Mehta Desai Trivedi Parekh Solanki Modi",
        "Ahmedabad 58, Mumbai 30, Pune 8, London 4",
    ),
    _language(
        "pa", 0.05,
        "Simran Harpreet Jasleen Gurleen Manpreet Navneet",
        "Gurpreet Harjit Jaspreet Manjit Ranjit Sukhdev",
        "Singh Kaur Gill Sandhu Dhillon Bajwa",
        "Delhi 60, Chandigarh 32, Mumbai 8",
    ),
    _language(
        "ml", 0.05,
        "Anjana Athira Lekha Sandhya Parvathy Reshma",
        "Ajith Biju Jithin Rajeev Sreejith Vineeth",
        "Nair Menon Kurian Varghese Thomas Pillai",
        "Kochi 60, Bengaluru 24, Dubai 10, Chennai 6",
    ),
    _language(
        "en", 0.04,
        "Emily Grace Olivia Chloe Sophie Hannah", "James Oliver William Henry Thomas Jack",
        "Smith Jones Taylor Brown O'Brien Clarke Wilson-Reed D'Souza",
        "London 40, New York 20, Mumbai 20, Bengaluru 20",
    ),
    _language(
        "de", 0.03,
        "Anna Jürgen-Maria Käthe Lena Sophie Heike", "Jörg Lukas Felix Björn Matthias Günther",
        "Müller Schmidt Weiß Schröder Becker Köhler",
        "Berlin 50, München 35, Bengaluru 15",
    ),
    _language(
        "es", 0.02,
        "María Lucía Sofía Inés Begoña", "José Álvaro Andrés Íñigo Raúl",
        "García Muñoz Fernández López Núñez Ibáñez",
        "Madrid 60, Ciudad de México 40",
    ),
    _language(
        "hi-Deva", 0.03,
        "प्रिया=Priya अंजलि=Anjali सुनीता=Sunita मीरा=Meera", "राहुल=Rahul अमित=Amit विजय=Vijay संजय=Sanjay",
        "शर्मा=Sharma वर्मा=Verma गुप्ता=Gupta सिंह=Singh",
        "Delhi 50, Jaipur 25, Lucknow 25",
    ),
    _language(
        "ta-Taml", 0.015,
        "மீனா=Meena லட்சுமி=Lakshmi கவிதா=Kavitha", "கார்த்திக்=Karthik முருகன்=Murugan அருண்=Arun",
        "குமார்=Kumar ராஜன்=Rajan செல்வம்=Selvam",
        "Chennai 80, Bengaluru 20",
    ),
    _language(
        "ja", 0.01,
        "陽子=Yoko 美咲=Misaki さくら=Sakura", "健太=Kenta 翔=Sho 大輔=Daisuke",
        "佐藤=Sato 鈴木=Suzuki 田中=Tanaka",
        "Tokyo 80, Bengaluru 20",
    ),
    _language(
        "el", 0.005,
        "Μαρία=Maria Ελένη=Eleni", "Γιώργος=Giorgos Νίκος=Nikos",
        "Παπαδόπουλος=Papadopoulos Νικολάου=Nikolaou",
        "Athens 100",
    ),
)  # fmt: skip
